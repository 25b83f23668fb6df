"""Modals as the real discord.py opens and reads them, and what Discord does not take."""

import discord
import pytest

from playground.discord.model import Upload
from playground.discord.rest.contract_checker import ContractChecker
from playground.errors import OptionRefused
from tests.playground.small_bot import Setup, connected, picture
from tests.playground.test_discord_cards import asked, card


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


class FilledModal(discord.ui.Modal, title="Animate a picture"):
    words = discord.ui.TextDisplay("One picture, one wish.")
    picture = discord.ui.Label(
        text="Pictures", component=discord.ui.FileUpload(custom_id="files", max_values=2)
    )
    motion = discord.ui.Label(
        text="What moves",
        component=discord.ui.Select(
            custom_id="motion",
            max_values=2,
            options=[
                discord.SelectOption(label=word.title(), value=word) for word in ("wind", "walk", "wave")
            ],
        ),
    )
    size = discord.ui.Label(
        text="Size",
        component=discord.ui.RadioGroup(
            custom_id="size",
            options=[
                discord.RadioGroupOption(label="Small", value="small", default=True),
                discord.RadioGroupOption(label="Large", value="large"),
            ],
        ),
    )
    loop = discord.ui.Label(text="Loop", component=discord.ui.Checkbox(custom_id="loop"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files, motions = self.picture.component.values, self.motion.component.values
        said = [len(files), *motions, self.size.component.value, self.loop.component.value]
        await interaction.response.send_message(" ".join(map(str, said)), ephemeral=True)


async def test_a_modal_with_a_field_of_every_kind(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_modal(FilledModal())
    files = [Upload(filename=name, data=picture()) for name in ("1.png", "2.png")]
    submitted = await ada.submit(job, files=files, motion=["wind", "Wave"], size="large", loop=True)
    assert (await submitted.shows()).text == "2 wind wave large True"
    answer = playground.render(submitted.card)
    template = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
    assert ContractChecker().check_response("GET", template, answer) == []
    assert answer["interaction_metadata"]["triggering_interaction_metadata"]["id"] == str(interaction.id)
    assert job.modal["title"] == "Animate a picture"


async def test_what_is_not_filled_in_stays_as_the_modal_had_it(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_modal(FilledModal())
    plain = await ada.submit(job, files=Upload(filename="cat.png", data=picture()), motion="walk")
    assert (await plain.shows()).text == "1 walk small False"


PICTURE = Upload(filename="cat.png", data=b"x")


async def test_a_client_does_not_send_what_a_modal_does_not_take(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_modal(FilledModal())
    for wrong in (
        {"motion": "run"},
        {"motion": []},
        {"motion": ["wind", "walk", "wave"]},
        {"motion": PICTURE},
        {"files": Upload(filename="cat.png", data=bytes(10 * 2**20 + 1))},
        {"files": [PICTURE] * 3},
    ):
        with pytest.raises(OptionRefused, match=next(iter(wrong))):
            await ada.submit(job, **{"files": PICTURE, "motion": "walk"} | wrong)
    assert bot.interactions.empty()


async def test_a_modal_opens_no_modal_and_only_what_was_pressed_can_be_updated(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    with pytest.raises(discord.HTTPException, match=r"one of \{4, 5, 9\}"):
        await callback(setup, interaction, 6)
    silent = type("Silent", (FilledModal,), {"on_submit": discord.ui.Modal.on_submit}, title="Silent")()
    await interaction.response.send_modal(silent)
    await ada.submit(job, files=Upload(filename="cat.png", data=b"x"), motion="walk")
    interaction = await bot.interactions.get()
    with pytest.raises(discord.HTTPException, match=r"one of \{4, 5, 6, 7\}"):
        await callback(setup, interaction, 9, FilledModal().to_dict())


async def callback(setup: Setup, interaction: discord.Interaction, kind: int, data: object = None) -> None:
    """An answer that discord.py itself would not send."""
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    await setup[1].http.request(discord.http.Route("POST", path), json={"type": kind, "data": data or {}})


async def test_a_modal_that_breaks_a_limit_is_an_invalid_form(setup: Setup):
    playground, _ = setup
    job, interaction = await asked(setup, playground.member("ada"))
    with pytest.raises(discord.HTTPException, match=r"data\.title"):
        await interaction.response.send_modal(FilledModal(title="x" * 46))
    playground.discord.violations.clear()  # the document knows that limit too
    assert job.modal is None
    await interaction.response.send_message("but an answer still counts")


async def test_a_modal_opens_from_a_message_menu_and_from_a_button(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    channel = bot.get_partial_messageable(playground.channel.id)
    sent = await channel.send(view=card("panel", "Animate"))
    below = await ada.say("look", Upload(filename="cat.png", data=picture()))
    panel = playground.state.messages[sent.id]
    for open_modal in (lambda: ada.menu("Animate this", below), lambda: ada.press(panel, "Animate")):
        job = await open_modal()
        await (await bot.interactions.get()).response.send_modal(FilledModal())
        filled = await ada.submit(job, files=Upload(filename="cat.png", data=picture()), motion="walk")
        assert (await filled.shows()).text.startswith("1 walk")
        await bot.interactions.get()


class Change(discord.ui.Modal, title="Change"):
    prompt = discord.ui.TextInput(label="Prompt", custom_id="prompt", default="a cat", max_length=20)
    seed = discord.ui.TextInput(label="Seed", custom_id="seed", required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.prompt.value}/{self.seed.value}", ephemeral=True)


async def test_a_modal_keeps_what_was_filled_in_and_brings_what_was_changed(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    opened = await ada.command("hold")
    await (await bot.interactions.get()).response.send_modal(Change())
    with pytest.raises(OptionRefused, match="prompt"):
        await ada.submit(opened, prompt="x" * 21)
    with pytest.raises(OptionRefused, match="colour"):
        await ada.submit(opened, colour="red")
    submitted = await ada.submit(opened, seed="7")
    assert await submitted.refused() == "a cat/7"


class OnlyAFile(discord.ui.Modal, title="Animate"):
    picture = discord.ui.Label(text="Picture", component=discord.ui.FileUpload(custom_id="picture"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        (file,) = self.picture.component.values
        await interaction.response.send_message(f"{file.filename} {file.width}", ephemeral=True)


async def test_a_modal_can_bring_a_file(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    opened = await ada.command("hold")
    await (await bot.interactions.get()).response.send_modal(OnlyAFile())
    with pytest.raises(OptionRefused, match="picture: is required"):
        await ada.submit(opened)
    submitted = await ada.submit(opened, picture=Upload(filename="cat.png", data=picture()))
    assert await submitted.refused() == "cat.png 64"


async def test_a_menu_in_a_modal_is_required_unless_it_says_otherwise(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")

    async def opened(**about: object):
        job = await ada.command("hold")
        interaction = await bot.interactions.get()
        options = [{"label": "Yes", "value": "yes"}]
        menu = {"type": 3, "custom_id": "join", "options": options} | about
        label = {"type": 18, "label": "Join", "component": menu}
        modal = {"custom_id": "m", "title": "Extend", "components": [label]}
        route = discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback")
        await bot.http.request(route, json={"type": 9, "data": modal})
        return job

    with pytest.raises(OptionRefused, match="join: is required"):
        await ada.submit(await opened())
    for optional in ({"required": False}, {"required": False, "min_values": 0}):
        await ada.submit(await opened(**optional))
        assert (await bot.interactions.get()).type is discord.InteractionType.modal_submit
    with pytest.raises(discord.HTTPException, match="min_values"):
        await opened(min_values=0)
