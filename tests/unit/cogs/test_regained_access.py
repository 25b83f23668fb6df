"""Final statuses that could not be shown while the bot had no access to their channel."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from playground.discord.model import Channel, Overwrite
from playground.discord.permissions import Permission
from playground.playground import Playground
from storage import Job, Reason
from tests.unit.cogs.bot_setup import BotSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the bot loses its access to a channel, and how it is given back."""

    channel: Callable[[Playground], Channel]
    lose: Callable[[Playground, Channel], object]
    regain: Callable[[Playground, Channel], object]


def private_thread(playground: Playground) -> Channel:
    return playground.private_thread("secret", playground.member("ada").id, playground.bot_user.id)


def general(playground: Playground) -> Channel:
    return playground.channel


def hide(playground: Playground, channel: Channel, denied: Permission = Permission.VIEW_CHANNEL) -> None:
    overwrite = Overwrite(deny=denied)
    playground.state.set_permissions(playground.channel, playground.guild.id, overwrite)


ACCESSES = {
    "the guild": Access(
        channel=general,
        lose=lambda playground, _: playground.state.leave(playground.guild, playground.bot_user.id),
        regain=lambda playground, _: playground.state.join(playground.guild, playground.bot_user.id),
    ),
    "a private thread": Access(
        channel=private_thread,
        lose=lambda playground, thread: playground.state.leave_thread(thread, playground.bot_user.id),
        regain=lambda playground, thread: playground.state.join_thread(thread, playground.bot_user.id),
    ),
    "a permission": Access(
        channel=general,
        lose=hide,
        regain=lambda playground, channel: hide(playground, channel, Permission(0)),
    ),
}


async def ended_unseen(bot: BotSetup, access: Access) -> tuple[Job, Channel]:
    """A cancelled job whose status the bot could not edit."""
    playground, context = bot.playground, bot.context
    channel = access.channel(playground)
    job = await bot.unposted(playground.member("ada"), channel=channel)
    await context.messages.status.post(job, "queued")
    job = await context.store.job(job.id)
    access.lose(playground, channel)
    cancelled = await context.store.cancel(job.id, mover="test", reason=Reason(code="by_person"))
    context.messages.announcer.ended(cancelled or job)
    async with asyncio.timeout(10):
        while not await context.store.unshown_ends(job.guild_id, since=0):
            await context.notifier.wait(0.05)
    return job, channel


@pytest.mark.parametrize("access", ACCESSES.values(), ids=ACCESSES)
async def test_an_end_that_nobody_could_be_shown_is_shown_with_the_access(
    bot: BotSetup, access: Access
) -> None:
    job, channel = await ended_unseen(bot, access)
    assert "queued" in bot.status(job).content.lower()  # as it was posted, or edited since then
    access.regain(bot.playground, channel)
    await bot.reads(job.status_message, "Cancelled")
    await bot.context.messages.status_editor.flush()
    assert await bot.context.store.unshown_ends(job.guild_id, since=0) == []


async def test_a_new_session_shows_what_was_regained_before_it(bot: BotSetup) -> None:
    access = replace(ACCESSES["a permission"], regain=lambda *_: None)
    job, channel = await ended_unseen(bot, access)
    ACCESSES["a permission"].regain(bot.playground, channel)
    bot.playground.discord.forget_session()
    await bot.reads(job.status_message, "Cancelled")


async def test_what_the_bot_does_not_see_or_is_old_is_not_tried(bot: BotSetup) -> None:
    job, _ = await ended_unseen(bot, ACCESSES["a permission"])
    await bot.context.messages.status_editor.flush()
    before = len(bot.playground.discord.requests)
    cog = bot.context.client.get_cog("RegainedAccess")
    assert cog
    await cog.on_ready()
    await bot.context.messages.status_editor.flush()
    edits = bot.playground.discord.requests[before:]
    assert [each for each in edits if "/messages/" in str(each)] == []
    assert await bot.context.store.unshown_ends(job.guild_id, since=time.time() + 1) == []
