"""Delivery of a finished clip: once, wherever Discord takes it."""

import pytest

from cogs.messages.delivery import file_name
from jobs.errors import JobFailure
from playground.discord.model import MessageFlag
from playground.discord.permissions import Permission
from storage import Lease, Reason, State
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import JOB


def test_a_result_is_recognized_by_its_file() -> None:
    assert file_name(JOB, "mp4") == "animate-1a2b3c4d.mp4"


async def test_the_result_is_a_reply_with_the_clip_its_owner_and_a_reaction(bot: BotSetup) -> None:
    ada, playground = bot.playground.member("ada"), bot.playground
    lease = await bot.delivering(ada)
    await bot.context.messages.announcer.deliver(lease)
    job = await bot.context.store.job(lease.job.id)
    assert job.state is State.DONE
    result = playground.state.messages[job.result_message or 0]
    assert result.reply_to == job.status_message
    assert result.pinged == {ada.id}
    assert [file.filename for file in result.attachments] == [file_name(job, "mp4")]
    assert list(result.reactions) == ["🔁"]
    await bot.reads(job.status_message, "Done")
    assert result.flags & bot.status(job).flags & MessageFlag.SUPPRESS_EMBEDS


async def test_where_the_channel_is_closed_it_goes_by_direct_message(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.forbid(Permission.SEND_MESSAGES)
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    assert [message.id for message in ada.inbox] == [job.result_message]
    assert job.result_channel != job.channel_id


async def test_where_no_way_is_open_it_fails_with_the_first_reason(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada", accepts_dms=False))
    opened.playground.forbid(Permission.VIEW_CHANNEL)
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(lease)
    assert failure.value.reason.code == "cannot_send"


async def test_where_discord_cannot_be_reached_it_is_postponed_and_then_sent_once(opened: BotSetup) -> None:
    context, discord = opened.context, opened.playground.discord
    lease = await opened.delivering(opened.playground.member("ada"))
    discord.cut_after_processing("^POST .*/messages$")
    await context.messages.announcer.deliver(lease)
    job = await context.store.job(lease.job.id)
    assert (job.state, job.tries) == (State.DELIVERING, 1)
    await context.messages.announcer.deliver(Lease(job=job, adopted=True))
    assert (await context.store.job(job.id)).state is State.DONE
    assert sum(bool(each.attachments) for each in opened.playground.messages) == 1


async def test_a_job_that_is_to_be_cancelled_is_not_sent(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    reason = Reason(code="by_person")
    job = await opened.context.store.cancel(lease.job.id, mover="person 1", reason=reason)
    assert job
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(Lease(job=job, adopted=False))
    assert failure.value.reason.code == "cancelled"
    assert opened.playground.messages[-1].id == job.status_message


async def test_a_clip_of_a_spoiler_is_one_and_is_recognized_where_only_discords_answer_was_lost(
    opened: BotSetup,
) -> None:
    context = opened.context
    lease = await opened.delivering(opened.playground.member("ada"), spoiler=True)
    opened.playground.discord.cut_after_processing("^POST .*/messages$")
    await context.messages.announcer.deliver(lease)
    job = await context.store.job(lease.job.id)
    await context.messages.announcer.deliver(Lease(job=job, adopted=True))
    files = [file.filename for message in opened.playground.messages for file in message.attachments]
    assert files == [f"SPOILER_{file_name(job, 'mp4')}"]


async def test_a_poster_of_a_spoiler_is_one(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"), spoiler=True)
    opened.playground.discord.fail(413, route="POST /channels/.*/messages", code=40005, times=2)
    await opened.context.messages.announcer.deliver(lease)
    files = [file.filename for message in opened.playground.messages for file in message.attachments]
    assert files == [f"SPOILER_{file_name(lease.job, 'jpg')}"]
