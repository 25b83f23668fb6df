"""Where commands are used, in which language, by whom: forums, threads, voice chats, choices, permissions."""

import asyncio

import discord
import pytest
from discord import app_commands

from playground.discord.model import Overwrite
from playground.discord.permissions import Permission
from playground.errors import NotPossible
from playground.playground import Playground
from tests.playground.small_bot import Setup, SmallBot, connected, running
from tests.playground.test_discord_cards import asked, card, png


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_choices_are_offered_in_their_channel_and_checked(setup: Setup):
    playground, bot = setup
    ada, thread = playground.member("ada"), playground.thread("a thread")
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
    playground.discord.violations.clear()  # the document knows that limit too


async def test_a_forum_s_post_a_voice_chat_and_a_thread_take_commands_and_answers(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    forum, voice = playground.forum("gallery"), playground.voice("lounge")
    post = playground.post(forum, "My cats")
    for channel, kind in (
        (post, discord.Thread),
        (voice, discord.VoiceChannel),
        (playground.thread("a thread"), discord.Thread),
    ):
        job = await ada.command("hold", channel=channel)
        interaction = await bot.interactions.get()
        assert isinstance(interaction.channel, kind)
        await interaction.response.send_message(f"in {channel.name}")
        sent = await bot.get_partial_messageable(channel.id).send("here", file=png("1.png"))
        await sent.add_reaction("⏳")
        assert (job.text, sent.channel.id) == (f"in {channel.name}", channel.id)
    assert playground.state.messages_in(post.id)[0].text == "My cats"
    assert isinstance(bot.get_channel(forum.id), discord.ForumChannel)
    assert bot.get_channel(post.id).parent_id == forum.id
    with pytest.raises(discord.HTTPException) as refused:
        await bot.get_partial_messageable(forum.id).send("no post")
    assert refused.value.code == 50008
    with pytest.raises(NotPossible):
        await ada.command("hold", channel=forum)


async def test_a_thread_asks_for_its_own_permission_and_a_voice_chat_for_connect(setup: Setup):
    playground, bot = setup
    thread, voice = playground.thread("a thread"), playground.voice("lounge")
    playground.forbid(Permission.SEND_MESSAGES_IN_THREADS)
    playground.forbid(Permission.CONNECT, voice)
    for channel in (thread, voice):
        with pytest.raises(discord.Forbidden):
            await bot.get_partial_messageable(channel.id).send("hello")
    await bot.get_partial_messageable(playground.channel.id).send("here one may")


async def test_news_their_threads_and_a_stage_take_commands_and_answers(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    news, stage, media = playground.announcements("news"), playground.stage("talks"), playground.media("pics")
    for channel, kind in (
        (news, discord.TextChannel),
        (playground.announcement_thread("a thread", news), discord.Thread),
        (stage, discord.StageChannel),
        (playground.post(media, "My cats"), discord.Thread),
    ):
        job = await ada.command("hold", channel=channel)
        interaction = await bot.interactions.get()
        assert (type(interaction.channel), interaction.channel.type.value) == (kind, channel.kind)
        await interaction.response.send_message("here")
        await bot.get_partial_messageable(channel.id).send("here too")
        assert job.text == "here"
    playground.forbid(Permission.CONNECT, stage)
    for closed, code in ((stage, 50013), (media, 50008)):
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_partial_messageable(closed.id).send("no")
        assert refused.value.code == code
    with pytest.raises(NotPossible):
        await ada.command("hold", channel=media)


async def test_a_private_thread_without_the_bot_is_answered_by_the_interaction_alone(setup: Setup):
    playground, bot = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    thread = playground.private_thread("ours", ada.id)
    job = await ada.command("hold", channel=thread)
    interaction = await bot.interactions.get()
    assert (interaction.channel.type, bot.get_channel(thread.id)) == (
        discord.ChannelType.private_thread,
        None,
    )
    assert interaction.app_permissions.send_messages_in_threads  # the bits tell nothing of it
    await interaction.response.defer(thinking=True)
    answer = await interaction.edit_original_response(content="by the interaction")
    by_token = bot.get_partial_messageable(thread.id)
    for asking in (
        by_token.send("by the token"),
        by_token.fetch_message(answer.id),
        by_token.get_partial_message(answer.id).edit(content="no"),
        by_token.get_partial_message(answer.id).delete(),
        bot.fetch_channel(thread.id),
    ):
        with pytest.raises(discord.Forbidden) as refused:
            await asking
        assert refused.value.code == 50001
    assert job.text == "by the interaction"
    with pytest.raises(NotPossible, match="View Channel"):
        await bob.command("hold", channel=thread)


async def test_a_private_thread_is_seen_by_its_members_and_by_moderators(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    mia = playground.member("mia", permissions=Permission.MANAGE_THREADS)
    thread = playground.private_thread("ours", ada.id)
    await mia.say("I moderate", channel=thread)
    joined = asyncio.ensure_future(bot.wait_for("thread_join"))
    await ada.say(f"come in <@{bot.application_id}>", channel=thread)
    seen = await asyncio.wait_for(joined, 5)
    assert (seen.id, seen.type) == (thread.id, discord.ChannelType.private_thread)
    sent = await seen.send("thank you")
    playground.state.leave_thread(thread, bot.application_id)
    with pytest.raises(discord.Forbidden):
        await sent.edit(content="no more")
    playground.allow(Permission.MANAGE_THREADS)
    await sent.edit(content="as a moderator")


async def test_a_guild_with_an_outage_is_unavailable_and_comes_back(setup: Setup):
    playground, bot = setup
    guild = bot.get_guild(playground.guild.id)
    playground.begin_outage()
    await asyncio.wait_for(bot.wait_for("guild_unavailable"), 5)
    with pytest.raises(discord.DiscordServerError):
        await bot.get_partial_messageable(playground.channel.id).send("lost")
    await playground.member("ada").say("nobody hears it")
    available = asyncio.ensure_future(bot.wait_for("guild_available"))
    playground.end_outage()
    assert (await asyncio.wait_for(available, 5)).id == guild.id
    assert bot.words.empty()
    await bot.get_partial_messageable(playground.channel.id).send("here again")


async def test_a_bot_that_connects_in_an_outage_hears_that_the_guild_is_unavailable():
    async with Playground(comfyui=None) as playground:
        playground.begin_outage()
        async with running(playground, SmallBot()) as bot:
            await asyncio.wait_for(bot.started.wait(), 5)
            assert [guild.unavailable for guild in bot.guilds] == [True]


async def test_the_guild_s_language_and_a_person_s_own_are_told_apart(setup: Setup):
    playground, _ = setup
    playground.prefer("zh-TW")
    _, interaction = await asked(setup, playground.member("ada", locale="zh-CN"))
    assert interaction.locale is discord.Locale.chinese
    assert interaction.guild_locale is discord.Locale.taiwan_chinese


async def register(setup: Setup, **definition: object) -> object:
    playground, bot = setup
    path = f"/applications/{playground.bot_user.id}/commands"
    command = {"name": "help", "description": "Tips", "type": 1} | definition
    return await bot.http.request(discord.http.Route("PUT", path), json=[command])


CHOICE = {"name": "cats", "value": "cats"}


def options(count: int, *choices: dict) -> dict[str, object]:
    named = [{"type": 3, "name": f"o{number}", "description": "d"} for number in range(count)]
    return {"options": [option | {"choices": list(choices)} for option in named]}


async def test_a_command_that_breaks_a_limit_is_an_invalid_form(setup: Setup):
    for definition, words in (
        ({"description_localizations": {"zh-CN": "长" * 101}}, "description_localizations"),
        ({"description_localizations": {"zh-CN": ""}}, "description_localizations"),
        ({"description_localizations": {"zh": "提示"}}, "no locale"),
        ({"name_localizations": {"zh-CN": "A B"}}, "Command name is invalid"),
        (options(1, CHOICE | {"value": "x" * 101}), "choices.0.value"),
        (options(9, *[CHOICE | {"value": "x" * 100}] * 9), "maximum size"),
    ):
        with pytest.raises(discord.HTTPException, match=words):
            await register(setup, **definition)
    setup[0].discord.violations.clear()  # the document knows some of these limits too


async def test_descriptions_and_choices_have_languages_and_no_one_but_administrators_may_be_asked(
    setup: Setup,
):
    playground, bot = setup
    choice = CHOICE | {"name_localizations": {"zh-CN": "猫", "zh-TW": "貓"}}
    options = [{"type": 3, "name": "use", "description": "d", "choices": [choice]}]
    await register(
        setup,
        description_localizations={"zh-CN": "提示"},
        options=options,
        default_member_permissions=0,
    )
    shown = playground.discord.commands.render(playground.commands[0])
    assert shown["description_localizations"] == {"zh-CN": "提示"}
    with pytest.raises(NotPossible, match="Administrator"):
        await playground.member("ada").command("help")
    root = playground.member("root", permissions=Permission.ADMINISTRATOR)
    await root.command("help", use="cats")
    await bot.interactions.get()


async def test_a_button_in_a_direct_message_is_answered_there(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    sent = await (await bot.fetch_user(ada.id)).send(
        view=card("your clip", "Again", file="1.png"), file=png("1.png")
    )
    job = await ada.press(ada.inbox[-1], "Again")
    interaction = await bot.interactions.get()
    assert (interaction.guild_id, interaction.user.id, interaction.message.id) == (None, ada.id, sent.id)
    await interaction.response.send_message("at once")
    assert [message.text for message in ada.inbox] == ["your clip", "at once"]
    assert job.text == "at once"


async def test_nobody_uses_a_message_in_a_channel_that_they_do_not_see(setup: Setup):
    playground, bot = setup
    ada, hidden = playground.member("ada"), playground.channel_named("hidden")
    sent = await bot.get_partial_messageable(hidden.id).send(view=card("a report", "Close"))
    playground.state.set_permissions(hidden, ada.id, Overwrite(deny=Permission.VIEW_CHANNEL))
    with pytest.raises(NotPossible, match="View Channel"):
        await ada.press(playground.state.messages[sent.id], "Close")


async def test_a_channel_that_the_bot_does_not_see_has_no_words_until_it_does(setup: Setup):
    playground, bot = setup
    everybody, hidden = playground.guild.id, playground.channel_named("plans")
    playground.state.set_permissions(hidden, everybody, Overwrite(deny=Permission.VIEW_CHANNEL))
    told = await bot.channels.get()
    assert (told.name, told.permissions_for(told.guild.me).view_channel) == ("___hidden___", False)
    assert hidden.id not in [each.id for each in await told.guild.fetch_channels()]
    playground.state.set_permissions(hidden, everybody, Overwrite())
    told = await bot.channels.get()
    assert (told.name, told.permissions_for(told.guild.me).view_channel) == ("plans", True)


async def test_the_bot_takes_back_a_reaction_of_its_own(setup: Setup):
    playground, bot = setup
    message = await playground.member("ada").say("hello")
    below = bot.get_partial_messageable(playground.channel.id).get_partial_message(message.id)
    await below.add_reaction("⏳")
    await below.remove_reaction("⏳", discord.Object(bot.application_id))
    assert playground.state.messages[message.id].reactions == {}


async def test_a_guild_that_the_bot_has_left_takes_nothing_of_it(setup: Setup):
    playground, bot = setup
    message = await playground.member("ada").say("hello")
    below = bot.get_partial_messageable(playground.channel.id).get_partial_message(message.id)
    await below.add_reaction("⏳")
    playground.state.leave(playground.guild, playground.bot_user.id)
    with pytest.raises(discord.Forbidden) as refused:
        await below.remove_reaction("⏳", discord.Object(bot.application_id))
    assert refused.value.code == 50001
