"""Deletion of a job with everything that belongs to it."""

import asyncio

import pytest

from cogs.actions.delete import DeletionWorker, request_deletion
from playground.discord.faults import Unreadable
from storage import Job, State
from tests.unit.cogs.bot_setup import BotSetup


async def test_messages_clip_and_picture_go_and_the_row_last(opened: BotSetup) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await opened.done(opened.playground.member("ada"))
    await context.store.set_end_announced(job.id)
    await request_deletion(context, job)
    opened.playground.discord.cut_before_processing("^DELETE", times=2)
    worker = DeletionWorker(context)
    await worker.process_marked()
    await worker.process_marked()  # not again before the backoff is over
    assert await context.store.find(job.id)
    assert job.status_message in messages
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id) is None
    assert not {job.status_message, job.result_message} & messages.keys()
    assert not context.files.clip_path(job.clip or "").exists()


async def test_a_queued_job_is_cancelled_and_its_end_is_shown_before_it_goes(opened: BotSetup) -> None:
    context = opened.context
    job = await opened.queued(opened.playground.member("ada"))
    await request_deletion(context, job)
    worker = DeletionWorker(context)
    await worker.process_marked()
    assert (await context.store.job(job.id)).state is State.CANCELLED
    await worker.process_marked()
    await opened.reads(job.status_message, "Cancelled")
    await opened.application.context.messages.status_editor.flush()
    await worker.process_marked()
    assert await context.store.find(job.id) is None


async def test_the_worker_deletes_what_is_marked_until_it_is_cancelled(opened: BotSetup) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await opened.done(opened.playground.member("ada"))
    await context.store.set_end_announced(job.id)
    worker = asyncio.create_task(DeletionWorker(context).run())
    await request_deletion(context, job)
    await opened.playground.until(lambda: job.result_message not in messages or None, 5, "it is deleted")
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


async def marked(opened: BotSetup) -> Job:
    """A finished job that is to be deleted."""
    job = await opened.done(opened.playground.member("ada"))
    await opened.context.store.set_end_announced(job.id)
    await request_deletion(opened.context, job)
    return job


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, 40333), (403, 50001), (403, 987654), (404, 0), (400, 130000), (403, 50083), (401, 0)],
)
async def test_the_row_stays_until_discord_confirms(opened: BotSetup, status: int, code: int) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await marked(opened)
    opened.playground.discord.fail(status, route="^DELETE", code=code)
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id)
    assert not context.files.clip_path(job.clip or "").exists()
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id) is None
    assert not {job.status_message, job.result_message} & messages.keys()


@pytest.mark.parametrize("body", Unreadable)
async def test_a_page_confirms_no_deletion(opened: BotSetup, body: Unreadable) -> None:
    job = await marked(opened)
    opened.playground.discord.unreadable_before_processing("^DELETE", body=body)
    await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id)
    await DeletionWorker(opened.context).process_marked()
    assert job.status_message not in opened.playground.state.messages


@pytest.mark.parametrize("code", [10003, 10008])
async def test_what_is_gone_already_counts_as_deleted(opened: BotSetup, code: int) -> None:
    job = await marked(opened)
    opened.playground.discord.fail(404, times=2, route="^DELETE", code=code)
    await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id) is None


async def test_in_a_guild_that_the_bot_has_left_the_row_goes_without_the_messages(bot: BotSetup) -> None:
    playground, client = bot.playground, bot.context.client
    await client.wait_until_ready()  # before, no guild is known
    job = await bot.done(playground.member("ada"))
    await bot.context.store.set_end_announced(job.id)
    playground.state.leave(playground.guild, playground.bot_user.id)
    await bot.until(lambda: client.get_guild(playground.guild.id) is None)
    await request_deletion(bot.context, job)
    await DeletionWorker(bot.context).process_marked()
    assert await bot.context.store.find(job.id) is None
    assert job.result_message in playground.state.messages
