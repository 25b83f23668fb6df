"""Guilds that the operator did not allow: told why, in a channel or directly, and left."""

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

import storage
from cogs.actions.leave_guild import leave_guild
from cogs.guild_membership import GuildMembership
from playground.discord.model import Guild, Overwrite
from playground.discord.permissions import Permission
from tests.unit.cogs.bot_setup import BotSetup, opened_application, running_application
from tests.unit.storage.requests import NODE_FAILED, admit, claim, make_request

HOME = 10**17


@pytest.fixture
async def choosy(empty_database: Path, tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """A bot for one guild, which it is not in, and the playground's, which it was in before."""
    shutil.copy(empty_database, tmp_path)
    async with running_application(tmp_path, allowed_guilds=frozenset({HOME})) as bot:
        await bot.until(lambda: bot.context.client.is_ready())
        cog = bot.context.client.get_cog("GuildMembership")
        assert isinstance(cog, GuildMembership)
        await cog.on_ready()
        yield bot


def strangers(bot: BotSetup, locale: str = "en-US") -> Guild:
    """Another guild with a channel, which the bot is not in."""
    state = bot.playground.state
    guild = state.add_guild("Strangers")
    state.add_channel(guild, "first")
    state.change_guild(replace(state.guilds[guild.id], locale=locale))
    return state.guilds[guild.id]


def words_in(bot: BotSetup, guild: Guild) -> dict[str, list[str]]:
    """What the bot said in the guild and to its owner, by channel."""
    state = bot.playground.state
    names = {
        each.id: each.name
        for each in state.channels.values()
        if each.guild_id == guild.id or each.recipient_id == guild.owner_id
    }
    found: dict[str, list[str]] = {}
    for message in state.messages.values():
        if message.channel_id in names:
            found.setdefault(names[message.channel_id], []).append(message.content)
    return found


async def joined_and_left(bot: BotSetup, guild: Guild) -> None:
    state = bot.playground.state
    state.join(guild, state.bot.id)
    await left(bot, guild)


async def left(bot: BotSetup, guild: Guild) -> None:
    state = bot.playground.state
    await bot.playground.until(
        lambda: None if state.is_bot_in(state.guilds[guild.id]) else True, 5, "the bot leaves"
    )


@pytest.mark.parametrize(("locale", "words"), [("en-US", "is not among them"), ("zh-TW", "營運者指定")])
async def test_a_guild_that_is_not_allowed_is_told_in_its_language_and_left(
    choosy: BotSetup, locale: str, words: str
) -> None:
    guild = strangers(choosy, locale)
    await joined_and_left(choosy, guild)
    ((channel, (text,)),) = words_in(choosy, guild).items()
    assert channel == "first"
    assert words in text
    assert str(guild.id) in text
    assert choosy.playground.state.is_bot_in(choosy.playground.guild)


async def test_the_channel_for_discords_own_messages_comes_first(choosy: BotSetup) -> None:
    guild, state = strangers(choosy), choosy.playground.state
    news = state.add_channel(guild, "news")
    state.change_guild(replace(guild, system_channel_id=news.id))
    await joined_and_left(choosy, guild)
    assert list(words_in(choosy, guild)) == ["news"]


async def test_where_it_may_write_nowhere_the_owner_is_told(choosy: BotSetup) -> None:
    guild, state = strangers(choosy, "zh-CN"), choosy.playground.state
    for channel in [each for each in state.channels.values() if each.guild_id == guild.id]:
        state.set_permissions(channel, guild.id, Overwrite(deny=Permission.SEND_MESSAGES))
    await joined_and_left(choosy, guild)
    ((_, (text,)),) = words_in(choosy, guild).items()
    assert "运营者指定" in text
    assert choosy.playground.state.dm_with(guild.owner_id).id in {
        each.channel_id for each in state.messages.values()
    }


async def test_what_was_joined_while_the_bot_was_away_is_left_at_the_next_session(tmp_path: Path) -> None:
    async with opened_application(tmp_path, allowed_guilds=frozenset({HOME})) as bot:
        await bot.context.store.record_guilds([bot.playground.guild.id])
        guild = strangers(bot)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            bot.playground.state.join(guild, bot.playground.bot_user.id)
            tasks.create_task(bot.application.run(stop))
            await left(bot, guild)
            stop.set()
        assert bot.playground.state.is_bot_in(bot.playground.guild)


async def test_everybody_may_have_a_bot_without_a_list(bot: BotSetup) -> None:
    guild, state, store = strangers(bot), bot.playground.state, bot.context.store
    await bot.until(lambda: bot.context.client.is_ready())
    await store.record_guilds([bot.playground.guild.id])
    state.join(guild, state.bot.id)
    while await store.unrecorded_guilds([guild.id]):
        await bot.context.notifier.wait(0.02)
    assert state.is_bot_in(state.guilds[guild.id])
    assert words_in(bot, guild) == {}


async def test_the_time_of_a_removal_is_kept(bot: BotSetup) -> None:
    playground, store = bot.playground, bot.context.store
    await store.guild_joined(playground.guild.id)
    playground.state.leave(playground.guild, playground.bot_user.id)
    left = "SELECT left_at FROM membership WHERE left_at IS NOT NULL"
    while not (rows := await store.database.fetch(left, {})):
        await bot.context.notifier.wait(0.02)
    assert rows[0]["left_at"] == pytest.approx(store.now(), abs=5)


async def test_what_was_left_already_is_not_left_again(bot: BotSetup) -> None:
    playground, client = bot.playground, bot.context.client
    await bot.until(lambda: client.is_ready())
    guild = client.get_guild(playground.guild.id)
    assert guild
    assert await leave_guild(bot.context, guild)
    assert not await leave_guild(bot.context, guild)


@pytest.mark.waits
async def test_what_is_left_of_a_guild_that_was_left_long_ago_is_gone_after_a_start(tmp_path: Path) -> None:
    async with storage.open_store(tmp_path) as store:
        job = (await admit(store, make_request("a", guild_id=HOME))).job
        await store.move(await claim(store), storage.State.FAILED, reason=NODE_FAILED)
        clip = tmp_path / "clips" / f"{job.id}.mp4"
        clip.parent.mkdir()
        clip.write_bytes(b"clip")
        long_ago = {"guild": HOME, "at": time.time() - 31 * 86400}
        await store.database.fetch("INSERT INTO membership VALUES (:guild, :at)", long_ago)

    async with running_application(tmp_path) as bot:
        await bot.until(lambda: not clip.exists())
        async with asyncio.timeout(5):
            while await bot.context.store.find(job.id):
                await bot.context.notifier.wait(0.05)
