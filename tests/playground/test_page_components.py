"""Buttons, menus, modals, cards and channels on the page, in a headless Chromium, as somebody uses them."""

import io
from pathlib import Path

import discord
import pytest

from playground.discord.model import Upload
from playground.page.browser import PHONE, Tab
from tests.playground.page_client import Setup, shows
from tests.playground.small_bot import picture
from tests.playground.test_discord_cards import card
from tests.playground.test_discord_modals import FilledModal

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all
    pytest.mark.long,
]


async def held(setup: Setup) -> discord.Interaction:
    """ada asks for `/hold`, which the test answers."""
    _, bot, tab = setup
    await tab.choose(".command select", "hold")
    await tab.click(".send")
    return await bot.interactions.get()


async def test_an_ephemeral_card_is_turned_by_its_button(setup: Setup):
    _, bot, tab = setup
    view = card("page one", "Next", file="1.png")
    file = discord.File(io.BytesIO(picture()), "1.png", description="a teal cat")
    await (await held(setup)).response.send_message(view=view, file=file, ephemeral=True)
    await tab.until(shows(".only-you .card", "page one"))
    await tab.until("document.querySelector('.gallery img')?.naturalWidth === 64")
    await tab.click(".only-you button", "Next")
    await (await bot.interactions.get()).response.edit_message(view=card("page two"), attachments=[])
    await tab.until(shows(".only-you .card", "page two"))
    assert await tab.evaluate("document.querySelectorAll('.card').length") == 1


async def test_a_modal_with_a_field_of_every_kind_is_filled_in(setup: Setup, tmp_path: Path):
    _, _, tab = setup
    await (await held(setup)).response.send_modal(FilledModal())
    await tab.until(shows("dialog[open] h2", "Animate a picture"))
    await tab.click("dialog .send")
    await tab.until(shows("dialog .error", "is required"))
    file = tmp_path / "chosen.png"
    file.write_bytes(picture())
    await tab.choose_file("dialog input[type=file]", file)
    await tab.until("document.querySelector('.previews img')?.naturalWidth === 64")
    await tab.click("dialog label", "Wind")
    await tab.click("dialog label", "Wave")
    await tab.click("dialog label", "Large")
    await tab.click("dialog input[name=loop]")
    await tab.click("dialog .send")
    await tab.until("!document.querySelector('dialog[open]')")
    await tab.until(shows(".only-you .text", "1 wind wave large True"))


async def test_entries_are_chosen_from_menus_of_one_and_of_many(setup: Setup):
    playground, bot, tab = setup
    words = [discord.SelectOption(label=word.title(), value=word) for word in ("wind", "walk", "wave")]
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Select(custom_id="one", options=words, placeholder="One"))
    view.add_item(discord.ui.Select(custom_id="many", options=words, placeholder="Many", max_values=2))
    view.add_item(discord.ui.UserSelect(custom_id="who", placeholder="Who"))
    await bot.get_partial_messageable(playground.channel.id).send("what?", view=view)
    await tab.choose("select.menu[data-id=one]", "walk")
    assert (await bot.interactions.get()).data["values"] == ["walk"]
    await tab.click(".many summary")
    for word in ("Wind", "Wave"):
        await tab.click(".many label", word)
    await tab.click(".many button")
    assert (await bot.interactions.get()).data["values"] == ["wind", "wave"]
    ada = await tab.evaluate("[...document.querySelectorAll('[data-id=who] option')][1].value")
    await tab.choose("[data-id=who]", str(ada))
    assert (await bot.interactions.get()).data["values"] == [ada]


async def test_a_message_has_a_context_menu_and_a_picker_of_reactions(setup: Setup):
    playground, bot, tab = setup
    message = await playground.member("bob").say("look", Upload(filename="cat.png", data=picture()))
    await tab.click(".apps")
    await tab.click(".apps-popup button", "Animate this")
    assert (await bot.interactions.get()).data["target_id"] == str(message.id)
    await tab.click(".add")
    await tab.click(".add-popup button", "🚩")
    await tab.until(shows(".reactions button", "🚩 1"))
    assert (await bot.reactions.get()).emoji.name == "🚩"
    assert await tab.evaluate("document.querySelectorAll('.popup[open]').length") == 0


async def test_what_is_new_elsewhere_is_marked_until_one_goes_there(setup: Setup):
    playground, bot, tab = setup
    ada = next(user for user in playground.state.users.values() if user.name == "ada")
    thread = playground.channel_named("cats only")
    await bot.get_partial_messageable(thread.id).send(f"<@{ada.id}> look here")
    await tab.until(shows("#channels .unread .pings", "1"))
    assert await tab.evaluate("document.querySelectorAll('#messages li').length") == 0
    await tab.click("#channels button", "cats only")
    await tab.until(shows(".text", "@ada look here"))
    await tab.until("!document.querySelector('#channels .unread')")
    await (await bot.fetch_user(ada.id)).send("only for you")
    await tab.click("#channels .unread", "Animate")
    await tab.until(shows(".text", "only for you"))


async def test_commands_and_messages_go_to_the_channel_in_which_one_is(setup: Setup):
    playground, _, tab = setup
    voice = playground.voice("Lounge")
    await tab.click("#channels button", "Lounge")
    assert (await held(setup)).channel_id == voice.id
    await tab.choose(".command select", "")
    await tab.type("[name=words]", "hello there")
    await tab.press("Enter")
    await tab.until(shows(".text", "hello there"))
    assert [message.text for message in playground.state.messages_in(voice.id)] == ["hello there"]


async def test_a_link_to_a_message_leads_into_its_channel(setup: Setup):
    playground, bot, tab = setup
    thread = playground.channel_named("cats only")
    sent = await bot.get_partial_messageable(thread.id).send("the clip")
    url = f"https://discord.com/channels/{playground.guild.id}/{thread.id}/{sent.id}"
    await bot.get_partial_messageable(playground.channel.id).send(f"done: {url}")
    await tab.click("a.mention", "cats only")
    await tab.until(shows(".text", "the clip"))
    await tab.until(f"document.querySelector('#m-{sent.id}:target')")


async def test_each_person_has_a_language_of_their_own_and_moderators_a_channel(setup: Setup):
    _, _, tab = setup
    await tab.choose("#person", "小雨")
    await tab.until("document.querySelector('#language').value === 'zh-CN'")
    assert "moderators" not in str(await tab.evaluate("document.querySelector('#channels').innerText"))
    await tab.choose("#person", "mia")
    await tab.until(shows("#channels button", "moderators"))
    assert await tab.evaluate("document.querySelector('#language').value") == "en-US"


async def test_on_a_phone_the_channels_are_behind_a_button(setup: Setup):
    _, _, tab = setup
    await tab.resize(PHONE)
    await tab.until("getComputedStyle(document.querySelector('#channels')).display === 'none'")
    await tab.click("#show-channels")
    await tab.click("#channels button", "Lounge")
    await tab.until("document.querySelector('#channel-name').textContent === 'Lounge'")
    assert await tab.evaluate("getComputedStyle(document.querySelector('#channels')).display") == "none"
    assert await tab.evaluate("document.documentElement.scrollWidth") <= PHONE.width


async def test_embeds_cards_and_buttons_are_shown_and_buttons_work(setup: Setup):
    playground, bot, tab = setup
    channel = bot.get_partial_messageable(playground.channel.id)
    embed = discord.Embed(title="A title", description="**words**", colour=0xFF8800).add_field(
        name="n", value="v"
    )
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Again", emoji="🔁", custom_id="again"))
    view.add_item(discord.ui.Button(label="Docs", url="https://example.org"))
    await channel.send(embed=embed.set_footer(text="the end"), view=view)
    await tab.until(shows(".card", "A title"))
    assert await tab.evaluate("document.querySelector('.card').innerText.split(/\\n+/)") == [
        "A title", "words", "n", "v", "the end",
    ]  # fmt: skip
    card = discord.ui.LayoutView(timeout=None)
    card.add_item(discord.ui.Container(discord.ui.TextDisplay("# in a card"), accent_colour=1))
    await channel.send(view=card)
    await tab.until("document.querySelector('.components .card h3')?.innerText === 'in a card'")
    assert await tab.evaluate("document.querySelector('a.button').href") == "https://example.org/"
    await tab.click(".buttons button", "Again")
    assert (await bot.interactions.get()).data["custom_id"] == "again"


async def test_everything_that_can_be_used_has_a_name_and_a_modal_is_left_by_escape(setup: Setup):
    playground, bot, tab = setup
    await bot.get_partial_messageable(playground.channel.id).send(view=card("a card", "Next"))
    await tab.until(shows(".card", "a card"))
    assert len(await used(tab)) >= 12
    await (await held(setup)).response.send_modal(FilledModal())
    await tab.until("document.querySelector('dialog').contains(document.activeElement)")
    assert {"checkbox", "radio", "button"} <= set(await used(tab))
    await tab.press("Escape")
    await tab.until("!document.querySelector('dialog[open]')")


async def used(tab: Tab) -> list[str]:
    """The roles of all that can be used, each of which must have a name."""
    roles = {"button", "combobox", "textbox", "spinbutton", "link", "main", "form", "radio", "checkbox"}
    roles |= {"DisclosureTriangle", "dialog", "navigation"}
    nodes = (await tab.call("Accessibility.getFullAXTree"))["nodes"]
    found = [node for node in nodes if not node["ignored"] and node.get("role", {}).get("value") in roles]
    assert [node for node in found if not node.get("name", {}).get("value")] == []
    return [node["role"]["value"] for node in found]


async def test_everything_is_reached_by_the_keyboard(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say("hello")
    await playground.member("bob").say("over there", channel=playground.voice("Lounge"))
    await tab.until("document.querySelector('.tools .add') && document.querySelector('.unread')")
    reached = set()
    for _ in range(20):
        await tab.press("Tab")
        reached.add(
            await tab.evaluate(
                "document.activeElement.id || document.activeElement.className || document.activeElement.name"
            )
        )
    assert {"person", "language", "unread", "add", "apps", "prompt", "send"} <= reached


async def test_a_long_text_is_taken_from_what_the_bot_offers(setup: Setup):
    _, bot, tab = setup
    await tab.choose(".command select", "recall")
    await tab.type("textarea[name=prompt]", "ta")
    await tab.click(".offers button", "tall")
    await tab.until("!document.querySelector('.offers button')")
    await tab.click(".send")
    while (
        interaction := await bot.interactions.get()
    ).type is not discord.InteractionType.application_command:
        pass
    assert interaction.namespace.prompt == "tall"


async def test_a_picture_is_taken_of_the_window_or_of_one_element(setup: Setup):
    playground, bot, tab = setup
    view = card("a card", file="1.png")
    await bot.get_partial_messageable(playground.channel.id).send(
        view=view, file=discord.File(io.BytesIO(picture()), "1.png")
    )
    await tab.until(shows(".card", "a card"))
    await tab.resize(PHONE)
    await tab.settle()
    await tab.hover(".card")
    assert size_of(await tab.picture()) == (2 * PHONE.width, 2 * PHONE.height)
    width, height = size_of(await tab.picture(".card"))
    assert 300 < width < 2 * PHONE.width
    assert 100 < height < 2 * PHONE.height


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height from the header of a PNG."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
