"""Cards and menus as the real discord.py answers them: in ephemeral messages, with files."""

import io
import re
from typing import Self

import discord
import pytest

from playground.errors import NotPossible, OptionRefused
from playground.members import Member
from playground.tracked_job import TrackedJob
from tests.playground.small_bot import Setup, connected, picture


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


def card(words: str, *buttons: str, file: str | None = None) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    container = discord.ui.Container(discord.ui.TextDisplay(words))
    if file:
        container.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{file}")))
    if buttons:
        row = [discord.ui.Button(label=label, custom_id=label.lower()) for label in buttons]
        container.add_item(discord.ui.ActionRow(*row))
    return view.add_item(container)


def png(name: str) -> discord.File:
    return discord.File(io.BytesIO(picture()), name)


async def asked(setup: Setup, person: Member, **options: object) -> tuple[TrackedJob, discord.Interaction]:
    job = await person.command("hold", **options)
    return job, await setup[1].interactions.get()


async def test_an_ephemeral_card_turns_its_pages_by_its_buttons(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_message(
        view=card("page one", "Next", file="1.png"), file=png("1.png"), ephemeral=True
    )
    first = await job.shows("page one")
    assert first.only_for == ada.id
    assert [file.ephemeral for file in first.attachments] == [True]
    pressed = await ada.press(job, "Next")
    turn = await bot.interactions.get()
    await turn.response.edit_message(view=card("page two", file="2.png"), attachments=[png("2.png")])
    second = await pressed.shows("page two")
    assert second.id == first.id
    assert [file.filename for file in second.attachments] == ["2.png"]
    with pytest.raises(NotPossible):
        await playground.member("bob").press(second, "Next")


async def test_a_deferred_update_is_edited_by_its_own_token_and_followed_up(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_message(view=card("history", "Delete"), ephemeral=True)
    pressed = await ada.press(await job.shows(), "delete")
    interaction = await bot.interactions.get()
    await interaction.response.defer()
    await interaction.edit_original_response(view=card("nothing is left"))
    await interaction.followup.send("deleted", ephemeral=True)
    assert (await pressed.shows()).text == "deleted"
    assert (await job.shows()).text == "nothing is left"
    await interaction.delete_original_response()
    assert job.card is None


async def test_a_remark_beside_a_public_answer_is_no_refusal(setup: Setup):
    playground, _ = setup
    job, interaction = await asked(setup, playground.member("ada"))
    await interaction.response.send_message("queued")
    await interaction.followup.send("a larger picture would be better", ephemeral=True)
    assert job.refusal is None
    assert (job.text, (await job.shows()).text) == ("queued", "a larger picture would be better")


async def test_a_reply_below_the_pressed_message_is_the_new_status(setup: Setup):
    playground, bot = setup
    sent = await bot.get_partial_messageable(playground.channel.id).send(view=card("a clip", "Again"))
    job = await playground.member("ada").press(playground.state.messages[sent.id], "Again")
    await (await bot.interactions.get()).response.defer()
    await sent.reply("queued")
    assert job.text == "queued"


async def test_nobody_reacts_to_an_ephemeral_message(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    job, interaction = await asked(setup, ada)
    await interaction.response.send_message("psst", ephemeral=True)
    with pytest.raises(NotPossible, match="ephemeral"):
        await ada.react(await job.shows(), "🔁")


async def test_people_roles_and_channels_are_chosen_by_what_they_are(setup: Setup):
    playground, bot = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    artist = playground.role("artist")
    role = playground.guild.roles[artist]
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.UserSelect(custom_id="who")).add_item(discord.ui.RoleSelect(custom_id="role"))
    view.add_item(discord.ui.ChannelSelect(custom_id="where", channel_types=[discord.ChannelType.text]))
    sent = await bot.get_partial_messageable(playground.channel.id).send("choose", view=view)
    message = playground.state.messages[sent.id]
    for custom_id, chosen, kind in (
        ("who", bob.user, "members"),
        ("role", role, "roles"),
        ("where", playground.channel, "channels"),
    ):
        await ada.choose(message, custom_id, chosen)
        data = (await bot.interactions.get()).data
        assert data["values"] == [str(chosen.id)]
        assert str(chosen.id) in data["resolved"][kind]
    with pytest.raises(OptionRefused):
        await ada.choose(message, "where", playground.voice("lounge"))
    with pytest.raises(OptionRefused, match="User"):
        await ada.choose(message, "who", "bob")


async def test_a_menu_takes_what_it_offers_and_no_more(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    options = [discord.SelectOption(label=word.title(), value=word) for word in ("wind", "walk", "wave")]
    menu = discord.ui.Select(custom_id="motion", options=options, max_values=2)
    sent = await bot.get_partial_messageable(playground.channel.id).send(
        "what?", view=discord.ui.View(timeout=None).add_item(menu)
    )
    message = playground.state.messages[sent.id]
    for wrong in (("run",), ("wind", "walk", "wave"), ()):
        with pytest.raises(OptionRefused, match="motion"):
            await ada.choose(message, "motion", *wrong)
    await ada.choose(message, "motion", "Wave", "wind")
    assert (await bot.interactions.get()).data["values"] == ["wave", "wind"]


class Again(discord.ui.DynamicItem[discord.ui.Button], template=r"again:(?P<job>\d+)"):
    """A button that outlives its message's view: what it is about stands in its custom id."""

    def __init__(self, job: str) -> None:
        super().__init__(discord.ui.Button(label="Again", emoji="🔁", custom_id=f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: object, match: re.Match) -> Self:
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"again {self.job}", ephemeral=True)


async def test_a_button_finds_its_job_by_its_custom_id_on_cards_and_plain_messages(setup: Setup):
    playground, bot = setup
    ada, channel = playground.member("ada"), bot.get_partial_messageable(playground.channel.id)
    bot.add_dynamic_items(Again)
    plain = discord.ui.View(timeout=None).add_item(Again("7"))
    view = card("a card", file="1.png")
    view.add_item(discord.ui.Section("more", accessory=Again("8")))
    sent = [await channel.send("a clip", view=plain), await channel.send(view=view, file=png("1.png"))]
    bot._connection._view_store._views.clear()  # as after a restart
    for message, job in zip(sent, "78", strict=True):
        pressed = await ada.press(playground.state.messages[message.id], "🔁")
        assert (await pressed.shows()).text == f"again {job}"
    ephemeral = await pressed.shows()
    assert ephemeral.only_for == ada.id
