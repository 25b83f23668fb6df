"""Cards, menus and modals as the real discord.py answers them: in ephemeral messages, with files."""

import io

import discord
import pytest
from discord import app_commands

from playground.discord.judge import Judge
from playground.discord.model import MessageFlag, Upload
from playground.discord.permissions import Permission
from playground.errors import NotPossible, OptionRefused
from playground.jobs import Job
from playground.people import Member
from tests.playground.small_bot import There, connected, picture


@pytest.fixture
async def there():
    async with connected() as (place, bot):
        yield place, bot


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


async def asked(there: There, person: Member, **options: object) -> tuple[Job, discord.Interaction]:
    job = await person.command("hold", **options)
    return job, await there[1].interactions.get()


async def test_an_ephemeral_card_turns_its_pages_by_its_buttons(there: There):
    place, bot = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
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
        await place.member("bob").press(second, "Next")


async def test_a_deferred_update_is_edited_by_its_own_token_and_followed_up(there: There):
    place, bot = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
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


async def test_a_remark_beside_a_public_answer_is_no_refusal(there: There):
    place, _ = there
    job, interaction = await asked(there, place.member("ada"))
    await interaction.response.send_message("queued")
    await interaction.followup.send("a larger picture would be better", ephemeral=True)
    assert job.refusal is None
    assert (job.text, (await job.shows()).text) == ("queued", "a larger picture would be better")


async def test_a_reply_below_the_pressed_message_is_the_new_status(there: There):
    place, bot = there
    sent = await bot.get_partial_messageable(place.channel.id).send(view=card("a clip", "Again"))
    job = await place.member("ada").press(place.world.messages[sent.id], "Again")
    await (await bot.interactions.get()).response.defer()
    await sent.reply("queued")
    assert job.text == "queued"


async def test_nobody_reacts_to_an_ephemeral_message(there: There):
    place, _ = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
    await interaction.response.send_message("psst", ephemeral=True)
    with pytest.raises(NotPossible, match="ephemeral"):
        await ada.react(await job.shows(), "🔁")


class Wish(discord.ui.Modal, title="Animate a picture"):
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


async def test_a_modal_with_a_field_of_every_kind(there: There):
    place, _ = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
    await interaction.response.send_modal(Wish())
    files = [Upload(filename=name, data=picture()) for name in ("1.png", "2.png")]
    submitted = await ada.submit(job, files=files, motion=["wind", "Wave"], size="large", loop=True)
    assert (await submitted.shows()).text == "2 wind wave large True"
    answer = place.render(submitted.card)
    template = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
    assert Judge().judge_answer("GET", template, answer) == []
    assert answer["interaction_metadata"]["triggering_interaction_metadata"]["id"] == str(interaction.id)
    assert job.modal["title"] == "Animate a picture"


async def test_what_is_not_filled_in_stays_as_the_modal_had_it(there: There):
    place, _ = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
    await interaction.response.send_modal(Wish())
    plain = await ada.submit(job, files=Upload(filename="cat.png", data=picture()), motion="walk")
    assert (await plain.shows()).text == "1 walk small False"


@pytest.mark.parametrize(
    "values",
    [
        {"motion": "run"},
        {"motion": []},
        {"motion": ["wind", "walk", "wave"]},
        {"motion": Upload(filename="cat.png", data=b"x")},
        {"files": Upload(filename="cat.png", data=bytes(10 * 2**20 + 1))},
        {"files": [Upload(filename="cat.png", data=b"x")] * 3},
    ],
)
async def test_a_client_does_not_send_what_a_modal_does_not_take(there: There, values: dict):
    place, bot = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
    await interaction.response.send_modal(Wish())
    with pytest.raises(OptionRefused):
        await ada.submit(job, **{"files": Upload(filename="cat.png", data=b"x"), "motion": "walk"} | values)
    assert bot.interactions.empty()


async def test_a_modal_opens_no_modal_and_only_what_was_pressed_can_be_updated(there: There):
    place, bot = there
    ada = place.member("ada")
    job, interaction = await asked(there, ada)
    with pytest.raises(discord.HTTPException, match=r"one of \{4, 5, 9\}"):
        await callback(there, interaction, 6)
    silent = type("Silent", (Wish,), {"on_submit": discord.ui.Modal.on_submit}, title="Silent")()
    await interaction.response.send_modal(silent)
    await ada.submit(job, files=Upload(filename="cat.png", data=b"x"), motion="walk")
    interaction = await bot.interactions.get()
    with pytest.raises(discord.HTTPException, match=r"one of \{4, 5, 6, 7\}"):
        await callback(there, interaction, 9, Wish().to_dict())


async def callback(there: There, interaction: discord.Interaction, kind: int, data: object = None) -> None:
    """An answer that discord.py itself would not send."""
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    await there[1].http.request(discord.http.Route("POST", path), json={"type": kind, "data": data or {}})


async def test_a_modal_that_breaks_a_limit_is_an_invalid_form(there: There):
    place, _ = there
    job, interaction = await asked(there, place.member("ada"))
    with pytest.raises(discord.HTTPException, match=r"data\.title"):
        await interaction.response.send_modal(Wish(title="x" * 46))
    place.discord.violations.clear()  # the document knows that limit too
    assert job.modal is None
    await interaction.response.send_message("but an answer still counts")


async def test_a_modal_opens_from_a_message_menu_and_from_a_button(there: There):
    place, bot = there
    ada = place.member("ada")
    channel = bot.get_partial_messageable(place.channel.id)
    sent = await channel.send(view=card("panel", "Animate"))
    below = await ada.say("look", Upload(filename="cat.png", data=picture()))
    panel = place.world.messages[sent.id]
    for open_modal in (lambda: ada.menu("Animate this", below), lambda: ada.press(panel, "Animate")):
        job = await open_modal()
        await (await bot.interactions.get()).response.send_modal(Wish())
        wish = await ada.submit(job, files=Upload(filename="cat.png", data=picture()), motion="walk")
        assert (await wish.shows()).text.startswith("1 walk")
        await bot.interactions.get()


async def test_people_roles_and_channels_are_chosen_by_what_they_are(there: There):
    place, bot = there
    ada, bob = place.member("ada"), place.member("bob")
    artist = place.role("artist")
    role = place.guild.roles[artist]
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.UserSelect(custom_id="who")).add_item(discord.ui.RoleSelect(custom_id="role"))
    view.add_item(discord.ui.ChannelSelect(custom_id="where", channel_types=[discord.ChannelType.text]))
    sent = await bot.get_partial_messageable(place.channel.id).send("choose", view=view)
    message = place.world.messages[sent.id]
    for custom_id, chosen, kind in (
        ("who", bob.user, "members"),
        ("role", role, "roles"),
        ("where", place.channel, "channels"),
    ):
        await ada.choose(message, custom_id, chosen)
        data = (await bot.interactions.get()).data
        assert data["values"] == [str(chosen.id)]
        assert str(chosen.id) in data["resolved"][kind]
    with pytest.raises(OptionRefused):
        await ada.choose(message, "where", place.voice("lounge"))
    with pytest.raises(OptionRefused, match="User"):
        await ada.choose(message, "who", "bob")


async def test_a_menu_takes_what_it_offers_and_no_more(there: There):
    place, bot = there
    ada = place.member("ada")
    options = [discord.SelectOption(label=word.title(), value=word) for word in ("wind", "walk", "wave")]
    menu = discord.ui.Select(custom_id="motion", options=options, max_values=2)
    sent = await bot.get_partial_messageable(place.channel.id).send(
        "what?", view=discord.ui.View(timeout=None).add_item(menu)
    )
    message = place.world.messages[sent.id]
    for wrong in (("run",), ("wind", "walk", "wave"), ()):
        with pytest.raises(OptionRefused, match="motion"):
            await ada.choose(message, "motion", *wrong)
    await ada.choose(message, "motion", "Wave", "wind")
    assert (await bot.interactions.get()).data["values"] == ["wave", "wind"]


async def test_choices_are_offered_in_their_channel_and_checked(there: There):
    place, bot = there
    ada, thread = place.member("ada"), place.thread("a thread")
    offered: list[app_commands.Choice[int]] = [app_commands.Choice(name="seed 7", value=7)]

    async def seeds(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
        return [] if interaction.channel_id != thread.id else offered

    @bot.tree.command(name="seeds", description="Takes a seed")
    @app_commands.autocomplete(seed=seeds)
    async def command(interaction: discord.Interaction, seed: int) -> None:
        """Says nothing."""

    await bot.tree.sync()
    assert await ada.autocomplete("seeds", "seed", "", channel=thread) == [("seed 7", 7)]
    assert await ada.autocomplete("seeds", "seed", "7") == []
    offered[:] = [app_commands.Choice(name="x" * 101, value=7)]
    with pytest.raises(Exception, match="choices for seed"):
        await ada.autocomplete("seeds", "seed", "", channel=thread, timeout=0.2)
    place.discord.violations.clear()  # the document knows that limit too


async def test_a_forum_s_post_a_voice_chat_and_a_thread_take_commands_and_answers(there: There):
    place, bot = there
    ada = place.member("ada")
    forum, voice = place.forum("gallery"), place.voice("lounge")
    post = place.post(forum, "My cats")
    for channel, kind in (
        (post, discord.Thread),
        (voice, discord.VoiceChannel),
        (place.thread("a thread"), discord.Thread),
    ):
        job = await ada.command("hold", channel=channel)
        interaction = await bot.interactions.get()
        assert isinstance(interaction.channel, kind)
        await interaction.response.send_message(f"in {channel.name}")
        sent = await bot.get_partial_messageable(channel.id).send("here", file=png("1.png"))
        await sent.add_reaction("⏳")
        assert (job.text, sent.channel.id) == (f"in {channel.name}", channel.id)
    assert place.world.messages_in(post.id)[0].text == "My cats"
    assert isinstance(bot.get_channel(forum.id), discord.ForumChannel)
    assert bot.get_channel(post.id).parent_id == forum.id
    with pytest.raises(discord.HTTPException) as refused:
        await bot.get_partial_messageable(forum.id).send("no post")
    assert refused.value.code == 50008
    with pytest.raises(NotPossible):
        await ada.command("hold", channel=forum)


async def test_a_thread_asks_for_its_own_permission_and_a_voice_chat_for_connect(there: There):
    place, bot = there
    thread, voice = place.thread("a thread"), place.voice("lounge")
    place.forbid(Permission.SEND_MESSAGES_IN_THREADS)
    place.forbid(Permission.CONNECT, voice)
    for channel in (thread, voice):
        with pytest.raises(discord.Forbidden):
            await bot.get_partial_messageable(channel.id).send("hello")
    await bot.get_partial_messageable(place.channel.id).send("here one may")


async def test_the_guild_s_language_and_a_person_s_own_are_told_apart(there: There):
    place, _ = there
    place.prefer("zh-TW")
    _, interaction = await asked(there, place.member("ada", locale="zh-CN"))
    assert interaction.locale is discord.Locale.chinese
    assert interaction.guild_locale is discord.Locale.taiwan_chinese


async def register(there: There, **definition: object) -> object:
    place, bot = there
    path = f"/applications/{place.bot_user.id}/commands"
    command = {"name": "help", "description": "Tips", "type": 1} | definition
    return await bot.http.request(discord.http.Route("PUT", path), json=[command])


CHOICE = {"name": "cats", "value": "cats"}


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"description_localizations": {"zh-CN": "长" * 101}}, "description_localizations"),
        ({"description_localizations": {"zh-CN": ""}}, "description_localizations"),
        ({"name_localizations": {"zh-CN": "A B"}}, "Command name is invalid"),
        (
            {
                "options": [
                    {"type": 3, "name": "use", "description": "d", "choices": [CHOICE | {"value": "x" * 101}]}
                ]
            },
            "choices.0.value",
        ),
        (
            {
                "options": [
                    {
                        "type": 3,
                        "name": f"o{n}",
                        "description": "d",
                        "choices": [CHOICE | {"value": "x" * 100}] * 9,
                    }
                    for n in range(9)
                ]
            },
            "maximum size",
        ),
    ],
)
async def test_a_command_that_breaks_a_limit_is_an_invalid_form(there: There, definition: dict, words: str):
    with pytest.raises(discord.HTTPException, match=words):
        await register(there, **definition)
    there[0].discord.violations.clear()  # the document knows some of these limits too


async def test_descriptions_and_choices_have_languages_and_no_one_but_administrators_may_be_asked(
    there: There,
):
    place, bot = there
    choice = CHOICE | {"name_localizations": {"zh-CN": "猫", "zh-TW": "貓"}}
    options = [{"type": 3, "name": "use", "description": "d", "choices": [choice]}]
    await register(
        there,
        description_localizations={"zh-CN": "提示"},
        options=options,
        default_member_permissions=0,
    )
    shown = place.discord.commands.render(place.commands[0])
    assert shown["description_localizations"] == {"zh-CN": "提示"}
    with pytest.raises(NotPossible, match="ADMINISTRATOR"):
        await place.member("ada").command("help")
    root = place.member("root", permissions=Permission.ADMINISTRATOR)
    await root.command("help", use="cats")
    await bot.interactions.get()


async def test_the_bot_takes_back_a_reaction_of_its_own(there: There):
    place, bot = there
    message = await place.member("ada").say("hello")
    below = bot.get_partial_messageable(place.channel.id).get_partial_message(message.id)
    await below.add_reaction("⏳")
    await below.remove_reaction("⏳", discord.Object(bot.application_id))
    assert place.world.messages[message.id].reactions == {}
    assert not message.flags & MessageFlag.LOADING
