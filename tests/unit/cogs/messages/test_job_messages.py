"""What writes a job's messages works together."""

from cogs.messages.job_messages import JobMessages
from jobs.announcer import JobStage
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_announcer_edits_the_message_that_status_posted_and_a_deletion_cancels_its_job(
    opened: BotSetup,
) -> None:
    messages: JobMessages = opened.context.messages
    job = await opened.queued(opened.playground.member("ada"))
    messages.announcer.stage(job, JobStage.PREPARING)
    await opened.reads(job.status_message, "Preparing")
    await messages.status_editor.flush()
    await messages.lost_status.deleted(job)
    assert (await opened.context.store.job(job.id)).reason is not None
