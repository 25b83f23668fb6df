"""Components as Discord takes them: how they nest, their lengths and counts, what a card gives back."""

import io

import discord
import pytest

from playground.discord.components import CARDS, CLASSIC, MODAL, component_problems
from playground.discord.interactions.modals import modal_problems
from playground.discord.json_values import Json
from playground.discord.rest.contract_checker import ContractChecker
from tests.playground.small_bot import Setup, connected, picture


def text(length: int = 1) -> Json:
    return {"type": 10, "content": "x" * length}


def row(*inner: Json) -> Json:
    return {"type": 1, "components": list(inner)}


def button(**changed: object) -> Json:
    return {"type": 2, "style": 1, "label": "Again", "custom_id": "again"} | changed


def menu(count: int = 2, **changed: object) -> Json:
    options = [{"label": f"{number}", "value": f"{number}"} for number in range(count)]
    return {"type": 3, "custom_id": "menu", "options": options} | changed


def gallery(count: int) -> Json:
    return {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}] * count}


SECTION: Json = {"type": 9, "components": [text()], "accessory": button()}
THUMBNAIL: Json = {"type": 11, "media": {"url": "https://example.org/a.png"}}
EMPTY_SECTION: Json = {"type": 9, "components": [text()]}
TWICE = [{"label": "a", "value": "same"}, {"label": "b", "value": "same"}]


@pytest.mark.parametrize(
    ("component", "path"),
    [
        (text(0), ".content"),
        (text(4001), ".content"),
        (row(), ".components"),
        (row(*[button(custom_id=f"{number}") for number in range(6)]), ".components"),
        (row(button(), menu()), ".components"),
        (row(button(label="x" * 81)), ".components.0.label"),
        (row(button(label=None)), ".components.0.label"),
        (row(button(custom_id="x" * 101)), ".components.0.custom_id"),
        (row(button(custom_id=None)), ".components.0.custom_id"),
        (row(button(style=5)), ".components.0.url"),
        (row(menu(26)), ".components.0.options"),
        (row(menu(0)), ".components.0.options"),
        (row(menu(2, max_values=3)), ".components.0.options"),
        (row(menu(placeholder="x" * 151)), ".components.0.placeholder"),
        (row(menu(options=[{"label": "x" * 101, "value": "v"}])), ".components.0.options.0.label"),
        (
            row(menu(options=[{"label": "l", "value": "v", "description": "x" * 101}])),
            ".components.0.options.0.description",
        ),
        (row(menu(options=TWICE)), ".components.0.options.1.value"),
        (row(text()), ".components.0.type"),
        (EMPTY_SECTION, ".accessory.type"),
        (SECTION | {"components": [text()] * 4}, ".components"),
        (SECTION | {"accessory": menu()}, ".accessory.type"),
        (THUMBNAIL, ".type"),
        (gallery(0), ".items"),
        (gallery(11), ".items"),
        ({"type": 17, "components": []}, ".components"),
        ({"type": 17, "components": [{"type": 17, "components": [text()]}]}, ".components.0.type"),
        ({"type": 18, "label": "a label", "component": menu()}, ".type"),
    ],
)
def test_what_a_card_does_not_take_is_named_by_its_path(component: Json, path: str):
    assert f"components.0{path}" in component_problems([component], CARDS)


def test_what_a_card_takes():
    inner = [text(4000), SECTION, gallery(10), {"type": 14}, row(menu(25, max_values=25))]
    assert component_problems([{"type": 17, "components": inner}], CARDS) == {}
    assert component_problems([SECTION | {"accessory": THUMBNAIL}], CARDS) == {}


def test_a_message_with_content_has_rows_only():
    assert component_problems([row(button()), row(menu())], CLASSIC) == {}
    assert "components.0.type" in component_problems([text()], CLASSIC)


def label(component: Json, **changed: object) -> Json:
    return {"type": 18, "label": "A label", "component": component} | changed


def modal(*components: Json, **changed: object) -> Json:
    return {"custom_id": "modal", "title": "Change", "components": list(components)} | changed


def text_input(**changed: object) -> Json:
    return {"type": 4, "style": 1, "custom_id": "text"} | changed


RADIO: Json = {"type": 21, "custom_id": "radio", "options": menu(2)["options"]}


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (modal(label(text_input()), title="x" * 46), "title"),
        (modal(label(text_input()), title=""), "title"),
        (modal(label(text_input()), custom_id="x" * 101), "custom_id"),
        (modal(), "components"),
        (modal(*[label(text_input(custom_id=f"{number}")) for number in range(6)]), "components"),
        (modal(label(text_input(), label="x" * 46)), "components.0.label"),
        (modal(label(text_input(), description="x" * 101)), "components.0.description"),
        (modal(label(text_input(placeholder="x" * 101))), "components.0.component.placeholder"),
        (modal(label(text_input(value="x" * 4001))), "components.0.component.value"),
        (modal(label(text_input(value="xxx", max_length=2))), "components.0.component.value"),
        (modal(row(text_input())), "components.0.components.0.label"),
        (modal(row(button())), "components.0.components.0.type"),
        (modal(label(button())), "components.0.component.type"),
        (modal(label(menu(disabled=True))), "components.0.component.disabled"),
        (modal(label(RADIO | {"options": []})), "components.0.component.options"),
    ],
)
def test_what_a_modal_does_not_take_is_named_by_its_path(broken: Json, path: str):
    assert path in modal_problems(broken)


def test_what_a_modal_takes():
    fields = [text_input(value="x" * 4000), {"type": 19, "custom_id": "file"}, menu(25), RADIO]
    assert modal_problems(modal(text(), *[label(field) for field in fields])) == {}
    assert component_problems([row(text_input(label="Old"))], MODAL) == {}


def card() -> tuple[discord.ui.LayoutView, list[discord.File]]:
    """One of everything, with two files."""
    ui, view = discord.ui, discord.ui.LayoutView(timeout=None)
    again = ui.Button(label="Again", custom_id="again")
    container = ui.Container(
        ui.Section("a clip", accessory=ui.Thumbnail("attachment://small.png", description="a cat")),
        ui.Section("or", accessory=again),
        ui.Separator(),
        ui.MediaGallery(discord.MediaGalleryItem("attachment://small.png", description="large")),
        ui.File("attachment://notes.txt"),
        accent_colour=0xF2A65A,
    )
    view.add_item(container).add_item(ui.ActionRow(ui.Button(label="Docs", url="https://example.org")))
    files = [
        discord.File(io.BytesIO(picture()), "small.png"),
        discord.File(io.BytesIO(b"words"), "notes.txt"),
    ]
    return view, files


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_a_card_comes_back_with_its_files_where_it_names_them_and_nowhere_else(setup: Setup):
    playground, bot = setup
    view, files = card()
    sent = await bot.get_partial_messageable(playground.channel.id).send(view=view, files=files)
    assert sent.attachments == []
    container = sent.components[0]
    thumbnail, shown = container.children[0].accessory, container.children[3].items[0]
    assert (thumbnail.media.width, thumbnail.media.height, thumbnail.description) == (64, 48, "a cat")
    assert (shown.media.content_type, shown.description) == ("image/png", "large")
    assert shown.media.attachment_id == playground.state.messages[sent.id].attachments[0].id
    assert (container.children[4].name, container.children[4].size) == ("notes.txt", 5)
    answer = await bot.http.get_message(playground.channel.id, sent.id)
    template = "/channels/{channel_id}/messages/{message_id}"
    assert ContractChecker().check_response("GET", template, answer) == []


async def test_a_card_cannot_name_a_file_that_is_not_there(setup: Setup):
    playground, bot = setup
    view, files = card()
    with pytest.raises(discord.HTTPException, match="was not found") as lost:
        await bot.get_partial_messageable(playground.channel.id).send(view=view, files=files[:1])
    assert lost.value.code == 50035


async def test_a_card_stays_one_and_keeps_its_files_through_edits(setup: Setup):
    playground, bot = setup
    view, files = card()
    sent = await bot.get_partial_messageable(playground.channel.id).send(view=view, files=files)
    await sent.edit(view=card()[0])
    path = f"/channels/{playground.channel.id}/messages/{sent.id}"
    await bot.http.request(discord.http.Route("PATCH", path), json={"flags": 0})
    message = playground.state.messages[sent.id]
    assert len(message.attachments) == 2
    with pytest.raises(discord.HTTPException, match="IS_COMPONENTS_V2"):
        await sent.edit(content="words", view=None)


async def test_a_card_has_at_most_forty_components(setup: Setup):
    playground, bot = setup
    view = discord.ui.LayoutView(timeout=None)
    for _ in range(41):
        view._children.append(discord.ui.TextDisplay("x"))  # discord.py would not add so many
    with pytest.raises(discord.HTTPException, match="limited to 40"):
        await bot.get_partial_messageable(playground.channel.id).send(view=view)
    playground.discord.violations.clear()  # the document knows the limit too
