"""Upload limits: the larger one until Discord refuses, then the smaller one for some days."""

from dataclasses import replace

import pytest

from cogs.messages import upload_limits
from cogs.messages.guild_lookup import GuildLookup
from cogs.messages.upload_limits import (
    DIRECT_MESSAGES,
    NEW_LIMIT,
    OLD_LIMIT,
    RELEARN_SECONDS,
    REQUEST_OVERHEAD,
    load_upload_limits,
)
from tests.unit.cogs.bot_setup import BotSetup

NEW, OLD = NEW_LIMIT - REQUEST_OVERHEAD, OLD_LIMIT - REQUEST_OVERHEAD


async def test_the_larger_limit_counts_until_discord_refuses_it_there(opened: BotSetup) -> None:
    limits = opened.context.messages.upload_limits
    assert await limits.limit(1) == await limits.limit(DIRECT_MESSAGES) == NEW
    assert await limits.learn(1, OLD_LIMIT + 1)
    assert (await limits.limit(1), await limits.limit(DIRECT_MESSAGES)) == (OLD, NEW)
    assert await limits.learn(1, NEW)  # the answer to another clip that went out at the same time
    assert not await limits.learn(1, OLD)
    assert await limits.limit(1) == OLD


async def test_nothing_is_learnt_from_a_file_that_the_smaller_limit_allows(opened: BotSetup) -> None:
    limits = opened.context.messages.upload_limits
    assert not await limits.learn(1, OLD_LIMIT)
    assert await limits.limit(1) == NEW


async def test_what_was_learnt_survives_a_restart_and_is_tried_again_after_some_days(
    opened: BotSetup,
) -> None:
    client, store = opened.context.client, opened.context.store
    await opened.context.messages.upload_limits.learn(1, NEW)
    assert await (await load_upload_limits(GuildLookup(client), store)).limit(1) == OLD
    [learnt] = await store.upload_limits(since=0)
    await store.set_upload_limit(replace(learnt, learnt_at=learnt.learnt_at - RELEARN_SECONDS))
    assert await (await load_upload_limits(GuildLookup(client), store)).limit(1) == NEW


async def test_more_boosts_make_what_was_learnt_void(bot: BotSetup) -> None:
    client, guild = bot.context.client, bot.playground.guild
    limits = bot.context.messages.upload_limits
    await limits.learn(guild.id, NEW)
    assert await limits.limit(guild.id) == OLD
    bot.playground.state.change_guild(replace(bot.playground.state.guilds[guild.id], boost_level=2))
    await bot.until(lambda: getattr(client.get_guild(guild.id), "premium_tier", 0) == 2)
    assert await limits.limit(guild.id) == 50 * 2**20 - REQUEST_OVERHEAD


async def test_what_another_process_learnt_counts_here_too(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, store = opened.context.messages.upload_limits, opened.context.store
    another = await load_upload_limits(GuildLookup(opened.context.client), store)
    assert await mine.limit(1) == NEW
    assert await another.learn(1, NEW)
    monkeypatch.setattr(upload_limits, "REREAD_SECONDS", 0.0)
    assert await mine.limit(1) == OLD
