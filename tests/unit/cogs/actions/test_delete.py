"""Deletion of a job with everything that belongs to it."""

import asyncio

import pytest

from cogs.actions.delete import DeletionWorker, request_deletion
from storage import State
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
