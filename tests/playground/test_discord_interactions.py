"""Interactions as the real discord.py answers them: deadlines, tokens, secrets, components, modals."""

import discord
import pytest

from playground.discord.model import Upload
from playground.discord.permissions import Permission
from playground.errors import NotPossible, OptionRefused, Refused
from tests.playground.small_bot import Setup, connected, picture


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_an_answer_that_does_not_come_within_three_seconds_is_too_late(setup: Setup):
    playground, bot = setup
    job = await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    playground.discord.advance(3.1)
    assert await job.refused(timeout=0.5) == "The application did not respond"
    with pytest.raises(discord.NotFound) as late:
        await interaction.response.send_message("sorry")
    assert late.value.code == 10062


async def test_a_second_acknowledgement_is_refused(setup: Setup):
    playground, bot = setup
    await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    await interaction.response.defer()
    interaction.response._response_type = None  # discord.py would not even ask
    with pytest.raises(discord.HTTPException) as twice:
        await interaction.response.defer()
    assert (twice.value.status, twice.value.code) == (400, 40060)


async def test_the_token_dies_after_fifteen_minutes_and_the_bots_own_lives_on(setup: Setup):
    playground, bot = setup
    job = await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    await interaction.response.send_message("waiting")
    status = await interaction.original_response()
    playground.discord.advance(15 * 60 + 1)
    with pytest.raises(discord.HTTPException) as dead:
        await interaction.edit_original_response(content="done")
    assert (dead.value.status, dead.value.code) == (401, 50027)
    with pytest.raises(discord.HTTPException, match="50027"):
        await interaction.followup.send("a word more")
    await interaction.channel.get_partial_message(status.id).edit(content="done all the same")
    assert job.text == "done all the same"


async def test_a_webhook_answers_only_after_the_acknowledgement(setup: Setup):
    playground, bot = setup
    await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    with pytest.raises(discord.NotFound) as early:
        await interaction.followup.send("too early")
    assert early.value.code == 10015


async def test_an_ephemeral_answer_is_the_persons_alone_and_out_of_the_bots_tokens_reach(
    setup: Setup,
):
    playground, bot = setup
    ada = playground.member("ada")
    job = await ada.animate(b"x", "please refuse")
    assert await job.refused() == "I would rather not"
    assert playground.messages == []
    assert [m.text for m in playground.state.messages_in(playground.channel.id, ada.id)] == [
        "I would rather not"
    ]
    interaction = await bot.interactions.get()
    answer = await interaction.original_response()
    assert answer.flags.ephemeral
    with pytest.raises(discord.NotFound) as hidden:
        await interaction.channel.get_partial_message(answer.id).edit(content="more")
    assert hidden.value.code == 10008
    await answer.edit(content="by its token it works")
    assert job.refusal == "by its token it works"


async def test_waiting_for_a_clip_ends_at_the_refusal(setup: Setup):
    playground, _ = setup
    job = await playground.member("ada").animate(b"x", "please refuse")
    with pytest.raises(Refused, match="I would rather not"):
        await job.video(timeout=20)


async def test_the_first_follow_up_to_a_public_defer_is_public(setup: Setup):
    playground, bot = setup
    job = await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    await interaction.response.defer(thinking=True)
    assert playground.messages[0].flags & 128
    await interaction.followup.send("not so secret", ephemeral=True)
    assert job.refusal is None
    assert (job.text, len(playground.messages), playground.messages[0].flags) == ("not so secret", 1, 0)


async def test_after_the_deferred_answer_is_deleted_a_follow_up_can_be_ephemeral(setup: Setup):
    playground, bot = setup
    job = await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    await interaction.response.defer(thinking=True)
    await interaction.delete_original_response()
    follow_up = await interaction.followup.send("secret", ephemeral=True, wait=True)
    assert (job.refusal, playground.messages) == ("secret", [])
    await follow_up.edit(content="more secret")
    await follow_up.delete()
    assert job.refusal is None


async def test_the_payload_has_channel_user_limits_and_language(setup: Setup):
    playground, bot = setup
    person = playground.member("zoé", locale="zh-CN", upload_limit=50 * 2**20)
    await person.command("hold", person=playground.member("bob").user)
    interaction = await bot.interactions.get()
    assert interaction.user.name == "zoé"
    assert interaction.locale is discord.Locale.chinese
    assert interaction.filesize_limit == 50 * 2**20
    assert interaction.guild_id == playground.guild.id
    assert interaction.is_guild_integration()
    assert interaction.app_permissions.attach_files
    assert not interaction.permissions.manage_guild
    assert interaction.channel.id == playground.channel.id
    assert interaction.namespace.person.name == "bob"
    assert isinstance(interaction.namespace.person, discord.Member)


async def test_an_attached_picture_arrives_with_size_type_and_pixels(setup: Setup):
    playground, bot = setup
    png = picture()
    await playground.member("ada").animate(png, "hello", filename="my cat.png")
    image = (await bot.interactions.get()).namespace.image
    assert (image.filename, image.content_type) == ("my_cat.png", "image/png")
    assert (image.size, image.width, image.height) == (len(png), 64, 48)
    assert image.ephemeral


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"number": 0.05}, "number"),
        ({"number": 1.5}, "number"),
        ({"size": 2}, "size"),
        ({"size": True}, "size"),
        ({"text": 5}, "text"),
        ({"text": "x" * 6001}, "text"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_the_client_does_not_send_what_an_option_does_not_allow(
    setup: Setup, options: dict, wrong: str
):
    playground, bot = setup
    with pytest.raises(OptionRefused) as refused:
        await playground.member("ada").command("hold", **options)
    assert refused.value.option == wrong
    assert bot.interactions.empty()


@pytest.mark.parametrize("prompt", ["", "x" * 1501])
async def test_an_empty_or_overlong_prompt_never_reaches_the_bot(setup: Setup, prompt: str):
    playground, _ = setup
    with pytest.raises(OptionRefused, match="prompt"):
        await playground.member("ada").animate(b"x", prompt)


async def test_a_file_above_the_persons_plan_is_not_sent(setup: Setup):
    playground, _ = setup
    with pytest.raises(OptionRefused, match="image"):
        await playground.member("ada").animate(bytes(10 * 2**20 + 1), "hello")


async def test_a_required_option_must_be_there(setup: Setup):
    playground, _ = setup
    with pytest.raises(OptionRefused, match="image: is required"):
        await playground.member("ada").command("animate", prompt="hello")


async def test_autocomplete_offers_the_bots_choices(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    assert await ada.autocomplete("hold", "text", "te") == [("teal", "teal")]
    assert await ada.autocomplete("hold", "text", "x") == []


async def test_a_subcommand_is_for_those_with_its_permission(setup: Setup):
    playground, _ = setup
    manager = playground.member("mia", permissions=Permission.MANAGE_GUILD)
    assert await (await manager.command("rules show", topic="clips")).refused() == "The rules on clips"
    with pytest.raises(NotPossible, match="Manage Server"):
        await playground.member("ada").command("rules show")


async def test_a_guilds_own_command_comes_before_the_one_for_all(setup: Setup):
    playground, bot = setup
    bot.tree.copy_global_to(guild=discord.Object(playground.guild.id))
    (first, *_) = await bot.tree.sync(guild=discord.Object(playground.guild.id))
    assert first.guild_id == playground.guild.id
    await playground.member("ada").command("hold")
    assert (await bot.interactions.get()).data["guild_id"] == str(playground.guild.id)


async def test_a_command_keeps_its_id_when_it_is_registered_again(setup: Setup):
    playground, bot = setup
    before = {command.name: command.id for command in playground.commands}
    await bot.tree.sync()
    assert {command.name: command.id for command in playground.commands} == before
    assert {command.name: command.id for command in await bot.tree.fetch_commands()} == before


async def test_a_command_for_guilds_is_not_there_in_direct_messages(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    inbox = playground.state.dm_with(ada.id)
    await ada.command("hold", channel=inbox)
    assert (await bot.interactions.get()).guild_id is None
    with pytest.raises(NotPossible, match="no command animate"):
        await ada.animate(b"x", "hello", channel=inbox)


async def test_a_message_menu_brings_the_message_with_its_attachments(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    message = await ada.say("look", Upload(filename="cat.png", data=picture()))
    await ada.menu("Animate this", message)
    interaction = await bot.interactions.get()
    resolved = interaction.data["resolved"]["messages"][str(message.id)]
    assert resolved["content"] == "look"
    assert resolved["attachments"][0]["filename"] == "cat.png"


def buttons(*buttons: discord.ui.Button) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    return view


async def test_a_button_updates_its_message(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    channel = bot.get_partial_messageable(playground.channel.id)
    view = buttons(discord.ui.Button(label="Again", emoji="🔁", custom_id="again:1"))
    sent = await channel.send("a clip", view=view)
    job = await ada.press(playground.state.messages[sent.id], "Again")
    interaction = await bot.interactions.get()
    assert interaction.message.id == sent.id
    await interaction.response.edit_message(content="pressed", view=None)
    assert (job.text, job.status.components) == ("pressed", ())


async def test_a_disabled_or_missing_button_cannot_be_pressed(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    view = buttons(discord.ui.Button(label="No", custom_id="no", disabled=True))
    sent = await bot.get_partial_messageable(playground.channel.id).send("a clip", view=view)
    for label in ("No", "Yes"):
        with pytest.raises(NotPossible, match=label):
            await ada.press(playground.state.messages[sent.id], label)


async def test_a_deferred_press_and_a_new_answer_leave_the_old_message(setup: Setup):
    playground, bot = setup
    view = buttons(discord.ui.Button(emoji="🔁", custom_id="again:1"))
    sent = await bot.get_partial_messageable(playground.channel.id).send("a clip", view=view)
    job = await playground.member("ada").press(playground.state.messages[sent.id], "🔁")
    interaction = await bot.interactions.get()
    await interaction.response.send_message("a new one")
    assert job.text == "a new one"
    assert job.status.reply_to == sent.id
    assert playground.state.messages[sent.id].text == "a clip"


async def test_a_menu_brings_the_chosen_values(setup: Setup):
    playground, bot = setup
    options = [discord.SelectOption(label=word, value=word) for word in ("wind", "walk")]
    view = discord.ui.View(timeout=None).add_item(discord.ui.Select(custom_id="motion", options=options))
    sent = await bot.get_partial_messageable(playground.channel.id).send("what?", view=view)
    await playground.member("ada").choose(playground.state.messages[sent.id], "motion", "walk")
    interaction = await bot.interactions.get()
    assert interaction.data["values"] == ["walk"]
    await interaction.response.defer()
