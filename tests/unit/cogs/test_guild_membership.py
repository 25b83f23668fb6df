"""Guilds that the bot is removed from."""

from cogs.guild_membership import GuildMembership
from storage import Job, Request, State
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import PARAMS


async def ended(bot: BotSetup, job_id: str) -> None:
    """Wait until the job is over or to be stopped."""
    store = bot.context.store
    while not (await store.job(job_id)).cancel_requested:
        await bot.context.notifier.wait(0.05)


async def test_a_removal_cancels_what_waits_at_once_and_stops_what_runs(bot: BotSetup) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    running = (await bot.delivering(ada, "running")).job
    waiting = [await bot.queued(ada, key) for key in "abc"]
    bot.playground.state.leave(bot.playground.guild, bot.playground.bot_user.id)
    await ended(bot, waiting[-1].id)
    for job in [await store.job(each.id) for each in waiting]:
        assert (job.state, job.reason and job.reason.code) == (State.CANCELLED, "guild_left")
    assert (await store.job(running.id)).cancel_requested


async def test_an_outage_is_no_removal(bot: BotSetup) -> None:
    playground, client = bot.playground, bot.context.client
    job = await bot.queued(playground.member("ada"))
    playground.state.begin_outage(playground.guild)
    await bot.until(lambda: getattr(client.get_guild(playground.guild.id), "unavailable", False))
    cog = client.get_cog("GuildMembership")
    assert isinstance(cog, GuildMembership)
    await cog.on_ready()
    assert (await bot.context.store.job(job.id)).state is State.QUEUED


async def test_a_removal_that_was_missed_is_noticed_at_the_next_session(bot: BotSetup) -> None:
    job = await bot.queued(bot.playground.member("ada"))
    lost = await _admit_elsewhere(bot)
    await bot.until(lambda: bot.context.client.get_guild(job.guild_id))
    cog = bot.context.client.get_cog("GuildMembership")
    assert isinstance(cog, GuildMembership)
    await cog.on_ready()
    assert (await bot.context.store.job(job.id)).state is State.QUEUED
    assert (await bot.context.store.job(lost.id)).state is State.CANCELLED


async def _admit_elsewhere(bot: BotSetup) -> Job:
    """A queued job of a guild that the bot is not in, with a status message."""
    request = Request(
        key="elsewhere", user_id=1, guild_id=5, channel_id=6, locale="en-US", params=PARAMS, picture="00"
    )
    job = (await bot.context.store.admit(request)).job
    await bot.context.store.set_status_message(job.id, 9)
    return job
