"""What each event of a job shows in Discord."""

import asyncio
from dataclasses import replace

import comfy
from jobs.announcer import JobStage, QueuePosition, RequeueReason
from storage import State
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
    announcer.ended(replace(ended, state=State.CANCELLED))
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
