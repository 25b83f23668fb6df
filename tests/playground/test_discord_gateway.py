"""The gateway as the real discord.py meets it: intents, resuming, and being forgotten."""

import aiohttp
import discord
import pytest

from playground.discord.gateway.gateway import CloseCode
from playground.discord.intents import Intent
from playground.playground import Playground
from tests.playground.small_bot import SmallBot, connected, running

WITH_MESSAGES = 9217 | Intent.GUILD_MESSAGES | Intent.DM_MESSAGES


async def test_without_the_message_intent_no_message_is_dispatched():
    async with connected() as (playground, bot):
        ada = playground.member("ada")
        message = await ada.say("hello")
        await ada.react(message, "🔁")
        event = await bot.reactions.get()
        assert (event.user_id, event.member.name, event.message_author_id) == (ada.id, "ada", ada.id)
        assert "MESSAGE_CREATE" not in bot.seen


async def test_without_the_content_intent_words_are_blank_unless_the_bot_is_meant():
    async with connected(SmallBot(WITH_MESSAGES)) as (playground, bot):
        ada = playground.member("ada")
        for words in ("secret", f"<@{playground.bot_user.id}> for you"):
            await ada.say(words)
        assert [await bot.words.get(), await bot.words.get()] == ["", f"<@{playground.bot_user.id}> for you"]


async def test_with_the_content_intent_words_are_read():
    intents = WITH_MESSAGES | Intent.MESSAGE_CONTENT
    async with connected(SmallBot(intents), privileged_intents=Intent.MESSAGE_CONTENT) as (playground, bot):
        await playground.member("ada").say("not secret")
        assert await bot.words.get() == "not secret"


async def test_an_intent_that_was_not_granted_closes_the_gateway():
    async with Playground(comfyui=None) as playground:
        bot = SmallBot(WITH_MESSAGES | Intent.MESSAGE_CONTENT)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(playground, bot):
                pass


async def test_a_wrong_token_is_refused():
    async with Playground(comfyui=None) as playground:
        bot = SmallBot()
        with pytest.raises(discord.LoginFailure):
            async with running(playground, bot, token="wrong"):
                pass


@pytest.mark.parametrize("code", [CloseCode.UNKNOWN_ERROR, 1000])
async def test_a_closed_connection_is_resumed_and_missed_events_are_sent(code: int):
    async with connected() as (playground, bot):
        ada = playground.member("ada")
        message = await ada.say("hello")
        playground.discord.disconnect(code)
        await playground.bot_offline()
        await ada.react(message, "🎉")
        assert str((await bot.reactions.get()).emoji) == "🎉"
        assert (
            playground.discord.gateway.identified,
            playground.discord.gateway.resumed,
        ) == (1, 1)


async def test_asked_to_reconnect_the_bot_resumes():
    async with connected() as (playground, bot):
        playground.discord.gateway.ask_to_reconnect()
        await playground.until(lambda: playground.discord.gateway.resumed or None, 5, "a resume")
        await playground.member("ada").command("hold")
        assert (await bot.interactions.get()).command.name == "hold"


async def test_a_session_forgotten_while_connected_identifies_anew():
    async with connected() as (playground, bot):
        playground.discord.forget_session()
        await playground.until(
            lambda: playground.discord.gateway.identified == 2 or None, 20, "a new session"
        )
        await playground.member("ada").command("hold")
        await bot.interactions.get()


async def test_a_session_forgotten_meanwhile_is_not_resumed_and_gets_no_missed_events():
    async with connected() as (playground, bot):
        ada = playground.member("ada")
        message = await ada.say("hello")
        playground.discord.disconnect()
        await playground.bot_offline()
        playground.discord.forget_session()
        await ada.react(message, "🎉")
        await playground.until(
            lambda: playground.discord.gateway.identified == 2 or None, 20, "a new session"
        )
        await ada.react(message, "👀")
        assert str((await bot.reactions.get()).emoji) == "👀"


async def test_a_dropped_gateway_refuses_for_a_while_and_then_resumes():
    async with connected() as (playground, bot):
        began = playground.discord.clock.now()
        playground.discord.drop_gateway(0.5)
        await playground.bot_offline()
        await playground.member("ada").command("hold")
        await playground.bot_online()
        assert playground.discord.gateway.resumed == 1
        assert playground.discord.clock.now() - began >= 0.5
        assert (await bot.interactions.get()).command.name == "hold"


async def test_changes_of_the_guild_reach_the_bots_cache():
    async with connected() as (playground, bot):
        thread = playground.thread("clips")
        playground.channel_named("art")
        await playground.member("ada").command("hold", channel=thread)
        interaction = await bot.interactions.get()
        assert isinstance(interaction.channel, discord.Thread)
        assert interaction.channel.parent.name == "general"
        guild = bot.get_guild(playground.guild.id)
        assert {channel.name for channel in guild.text_channels} == {"general", "art"}


async def test_a_bot_removed_from_a_guild_gets_no_more_events_of_it():
    async with connected() as (playground, bot):
        ada = playground.member("ada")
        message = await ada.say("hello")
        playground.state.leave(playground.guild, playground.bot_user.id)
        await ada.react(message, "🎉")
        with pytest.raises(discord.Forbidden) as gone:
            await bot.get_partial_messageable(playground.channel.id).send("still here?")
        assert gone.value.code == 50001
        playground.boost(level=2)
        await ada.command("hold", channel=playground.state.dm_with(ada.id))
        await bot.interactions.get()
        assert bot.reactions.empty()
        assert "GUILD_UPDATE" not in bot.seen
        assert list(bot.guilds) == []


@pytest.mark.parametrize(
    ("frame", "times", "code"),
    [
        ('{"op": 3, "d": {}}', 1, CloseCode.NOT_AUTHENTICATED),
        ('{"op": 2, "d": {"token": "wrong", "intents": 1}}', 1, CloseCode.AUTHENTICATION_FAILED),
        ('{"op": 2, "d": {"token": "RIGHT", "intents": 1073741824}}', 1, CloseCode.INVALID_INTENTS),
        ('{"op": 2, "d": {"token": "RIGHT", "intents": 1}}', 2, CloseCode.ALREADY_AUTHENTICATED),
        ("no json", 1, CloseCode.DECODE_ERROR),
    ],
)
async def test_what_a_client_must_not_say_closes_the_connection(frame: str, times: int, code: CloseCode):
    async with (
        Playground(comfyui=None) as playground,
        aiohttp.ClientSession() as session,
        session.ws_connect(playground.state.gateway_url) as socket,
    ):
        hello = await socket.receive_json()
        assert (hello["op"], hello["d"]["heartbeat_interval"]) == (10, 41250)
        for _ in range(times):
            await socket.send_str(frame.replace("RIGHT", playground.state.token))
        while (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert socket.close_code == code


async def test_every_heartbeat_is_acknowledged():
    async with connected() as (playground, bot):
        await playground.member("ada").command("hold")
        await bot.interactions.get()
        assert bot.latency < 5
