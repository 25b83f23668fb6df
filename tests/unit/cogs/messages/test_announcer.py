"""What each event of a job shows in Discord."""

import asyncio
import time
from dataclasses import replace

import comfy
from jobs.announcer import JobStage, QueuePosition, RequeueReason
from storage import Reason, State
from tests.unit.cogs.bot_setup import BotSetup


async def test_each_event_is_shown_in_the_status_of_its_job(opened: BotSetup) -> None:
    announcer, playground = opened.context.messages.announcer, opened.playground
    ada = playground.member("ada")

    async def job(name: str):
        """A job in a channel of its own, so that no edit waits for another."""
        made = await opened.unposted(ada, name)
        channel = playground.channel_named(name).id
        made = replace(made, channel_id=channel)
        await opened.context.messages.status.post(made, "queued")
        return replace(await opened.context.store.job(made.id), channel_id=channel)

    names = ("waiting", "stage", "progress", "nothing", "preview", "requeued", "ended")
    waiting, stage, progress, nothing, preview, requeued, ended = [await job(name) for name in names]
    announcer.waiting(waiting, QueuePosition(ahead=2))
    announcer.stage(stage, JobStage.PREPARING)
    announcer.progress(progress, comfy.Sampling(step=7, steps=20), None)
    announcer.progress(nothing, comfy.Preview(image=b"", kind="jpeg"), None)
    announcer.stage(preview, JobStage.PREPARING)
    announcer.preview(preview, comfy.Preview(image=b"JPEG", kind="jpeg"))
    announcer.requeued(requeued, RequeueReason.JOB_LOST)
    cancelled = await opened.context.store.cancel(ended.id, mover="person 1", reason=Reason(code="by_person"))
    assert cancelled
    announcer.ended(replace(cancelled, channel_id=ended.channel_id))
    await asyncio.gather(
        opened.reads(waiting.status_message, "about 2"),
        opened.reads(stage.status_message, "Preparing"),
        opened.reads(progress.status_message, "7/20"),
        opened.reads(requeued.status_message, "again"),
        opened.reads(ended.status_message, "Cancelled"),
        opened.reads(preview.status_message, "Preparing"),
    )
    assert opened.status(nothing).content == "queued"
    assert [file.filename for file in opened.status(preview).attachments] == ["preview.jpeg"]


async def test_a_job_to_be_cancelled_says_so_and_an_expected_time_that_is_over_is_not_shown(
    opened: BotSetup,
) -> None:
    announcer, store = opened.context.messages.announcer, opened.context.store
    waiting = await opened.queued(opened.playground.member("ada"), "waiting")
    announcer.waiting(waiting, QueuePosition(ahead=2, expected_end=time.time() - 1))
    await opened.reads(waiting.status_message, "about 2")
    assert "<t:" not in opened.status(waiting).content
    lease = await store.claim("gpu", {waiting.params.workflow})
    assert lease
    running = (await store.move(lease, State.RUNNING)).job
    announcer.progress(running, comfy.Sampling(step=13, steps=20), time.time() - 1)
    await opened.reads(waiting.status_message, "13/20")
    assert "<t:" not in opened.status(waiting).content
    cancelled = await store.cancel(running.id, mover="person 1", reason=Reason(code="by_person"))
    assert cancelled
    announcer.cancelling(cancelled)
    await opened.reads(waiting.status_message, "Stopping")
