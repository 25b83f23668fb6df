"""The editor of status messages: the row decides, finals first, never too fast; with the real discord.py."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import comfy
from cogs.messages.edit_queue import EDITS_PER_WINDOW, PROGRESS_INTERVAL, RATE_WINDOW
from cogs.messages.status_editor import OLD_MESSAGE_AGE
from cogs.messages.status_writer import StatusWriter
from cogs.ui.texts import MIN_ETA_SECONDS
from playground.discord.faults import Unreadable
from storage import Job, State
from tests.unit.cogs.messages.editor_setup import CANCEL, EditorSetup, open_editors
from tests.unit.jobs.observable import Hold

ENDED = "🚫 **Cancelled**."
STOPPING = "🛑 **Stopping** …"
PREVIEW = comfy.Preview(image=b"JPEG", kind="jpeg")


@pytest.fixture
async def context(tmp_path: Path) -> AsyncGenerator[EditorSetup]:
    async with open_editors(tmp_path, StatusWriter.ALL) as (editor,):
        yield editor


async def test_of_many_texts_the_newest_is_sent_and_those_between_are_not(context: EditorSetup) -> None:
    job = await context.job("a")
    for step in range(100):
        context.status_editor.show(job, f"step {step}")
    await context.reads(job, "step 99")
    assert len(context.edits()) <= 2


async def test_the_same_text_is_sent_once(context: EditorSetup) -> None:
    job = await context.job("a")
    context.status_editor.show(job, "same")
    await context.reads(job, "same")
    context.status_editor.show(job, "same")
    await context.end(job)
    await context.reads(job, ENDED)
    assert len(context.edits()) == 2


async def test_the_final_status_of_a_job_goes_before_the_progress_of_others(context: EditorSetup) -> None:
    jobs = [await context.job(str(number)) for number in range(6)]
    for job in jobs:
        context.status_editor.show(job, f"progress of {job.key}")
    await context.end(jobs[-1])
    await context.reads(jobs[-1], ENDED, timeout=2 * PROGRESS_INTERVAL)
    assert len(context.edits()) <= 2


async def test_nothing_is_shown_after_the_final_status(context: EditorSetup) -> None:
    job = await context.job("a")
    await context.end(job)
    await context.status_editor.flush()
    for text in ("queued", "requeued"):
        context.status_editor.show(job, text)
    context.status_editor.show_preview(job, PREVIEW)
    context.status_editor.stopping(job)
    await context.status_editor.flush()
    assert context.text(job) == ENDED
    assert len(context.edits()) == 1


@pytest.mark.long
async def test_a_text_of_another_state_or_epoch_is_not_shown(context: EditorSetup) -> None:
    was = await context.job("a")
    lease = await context.store.claim("gpu", {was.params.workflow})
    assert lease
    context.status_editor.show(was, "about 20 ahead")
    await context.reads(was, "📤 **Preparing**: sending your picture to the GPU …")
    running = await context.store.move(lease, State.RUNNING)
    context.status_editor.show(running.job, "sampling")
    context.status_editor.show(was, "about 20 ahead")
    await context.reads(was, "sampling")
    queued = (await context.store.move(running, State.QUEUED)).job
    context.status_editor.show(queued, "again")
    context.status_editor.show(running.job, "sampling on")
    context.status_editor.show_preview(running.job, PREVIEW)
    await context.reads(was, "again")
    await context.status_editor.flush()
    assert context.text(was) == "again"


async def test_a_preview_of_an_earlier_run_is_removed_when_the_job_waits_again(context: EditorSetup) -> None:
    lease = await context.running("a")
    context.status_editor.show(lease.job, "sampling")
    context.status_editor.show_preview(lease.job, PREVIEW)
    await context.reads(lease.job, "sampling")
    assert attachments(context, lease.job) == ["preview.jpeg"]
    context.status_editor.show((await context.store.move(lease, State.QUEUED)).job, "again")
    await context.reads(lease.job, "again")
    assert attachments(context, lease.job) == []


@pytest.mark.waits
async def test_a_job_to_be_cancelled_says_so_at_once_whatever_comes_after(context: EditorSetup) -> None:
    lease = await context.running("a")
    others = [await context.job(str(number)) for number in range(3)]
    for job in (lease.job, *others):
        context.status_editor.show(job, "progress")
    stopped = await context.store.cancel(lease.job.id, mover="person 1", reason=CANCEL)
    assert stopped
    context.status_editor.stopping(stopped)
    await context.reads(lease.job, STOPPING, timeout=2 * PROGRESS_INTERVAL)
    context.status_editor.show(lease.job, "step 7")
    context.status_editor.show_preview(lease.job, PREVIEW)
    await context.status_editor.flush()
    assert context.text(lease.job) == STOPPING
    assert attachments(context, lease.job) == []


async def test_an_edit_that_is_in_flight_when_the_job_ends_is_followed_by_the_final_status(
    context: EditorSetup,
) -> None:
    job, hold = await context.job("a"), Hold()
    context.holds.append(hold)
    context.status_editor.show(job, "about 20 ahead")
    await hold.reached.wait()
    await context.end(job)
    hold.release()
    await context.status_editor.flush()
    assert context.text(job) == ENDED


async def test_a_failed_edit_is_not_repeated_when_the_job_has_ended_meanwhile(context: EditorSetup) -> None:
    job = await context.job("a")
    context.playground.discord.fail(status=503, route="^PATCH")
    context.status_editor.show(job, "about 20 ahead")
    await context.playground.until(lambda: context.edits() or None, 5, "an edit")
    await context.store.cancel(job.id, mover="person 1", reason=CANCEL)
    await context.status_editor.flush()
    assert context.text(job) == "queued"
    assert len(context.edits()) == 1


async def test_a_status_that_is_posted_when_its_job_has_ended_shows_the_end(context: EditorSetup) -> None:
    job, message_id = await context.unrecorded("a")
    await context.end(job)
    context.status_editor.posted(job, message_id, "queued")
    await context.status_editor.flush()
    assert context.text(await context.store.job(job.id)) == ENDED


async def test_a_status_that_is_posted_when_its_job_has_gone_on_shows_where_it_is(
    context: EditorSetup,
) -> None:
    job, message_id = await context.unrecorded("a")
    assert await context.store.claim("gpu", {job.params.workflow}) is None  # it waits for its message
    context.status_editor.posted(job, message_id, "queued")
    await context.status_editor.flush()
    assert context.edits() == []
    job = await context.store.job(job.id)
    lease = await context.store.claim("gpu", {job.params.workflow})
    assert lease
    context.status_editor.posted(job, message_id, "queued")
    await context.reads(lease.job, "📤 **Preparing**: sending your picture to the GPU …")


async def test_an_expected_time_is_removed_before_it_is_over(context: EditorSetup) -> None:
    job = await context.job("a")
    eta = time.time() + MIN_ETA_SECONDS + 1.5
    context.status_editor.show(job, "ready soon", eta=eta, without_eta="ready")
    await context.reads(job, "ready soon", timeout=1.5)
    await context.reads(job, "ready", timeout=3)
    assert time.time() < eta
    context.status_editor.show(job, "step 2, ready soon", eta=eta, without_eta="step 2")
    await context.reads(job, "step 2", timeout=3)
    assert len(context.edits()) == 3


@pytest.mark.long
async def test_many_jobs_in_one_channel_never_meet_a_rate_limit(context: EditorSetup) -> None:
    jobs = [await context.job(str(number)) for number in range(EDITS_PER_WINDOW + 2)]
    for job in jobs:
        await context.end(job)
    for job in jobs:
        await context.reads(job, ENDED, timeout=3 * RATE_WINDOW)


async def test_a_final_status_survives_a_discord_that_fails(context: EditorSetup) -> None:
    job = await context.job("a")
    context.playground.discord.fail(status=503, times=2, route="^PATCH")
    await context.end(job)
    await context.reads(job, ENDED)


async def test_a_status_that_was_deleted_is_let_go(context: EditorSetup) -> None:
    gone, other = await context.job("gone"), await context.job("other")
    assert gone.status_message
    context.playground.state.delete(context.playground.state.messages[gone.status_message])
    await context.end(gone)
    await context.end(other)
    await context.reads(other, ENDED)
    assert len(context.edits()) == 2


async def test_a_waiting_job_whose_status_is_found_deleted_ends_and_is_forgotten(
    context: EditorSetup,
) -> None:
    job = await context.job("gone")
    assert job.status_message
    context.playground.state.delete(context.playground.state.messages[job.status_message])
    context.status_editor.show(job, "about 2 ahead")
    await context.status_editor.flush()
    assert (await context.store.job(job.id)).state is State.CANCELLED
    assert await context.store.unannounced_ends() == []


async def test_a_flush_sends_what_is_left_and_waits_for_what_is_being_sent(context: EditorSetup) -> None:
    job, hold = await context.job("a"), Hold()
    context.holds.append(hold)
    context.status_editor.show(job, "first")
    await hold.reached.wait()
    flush = asyncio.create_task(context.status_editor.flush())
    await asyncio.wait([flush], timeout=0.05)
    assert not flush.done()
    context.status_editor.show(job, "second")
    hold.release()
    await flush
    assert context.text(job) == "second"


async def test_a_message_older_than_an_hour_is_edited_once_a_minute_and_its_final_status_at_once(
    context: EditorSetup,
) -> None:
    old, young = await context.job("old", age=2 * OLD_MESSAGE_AGE), await context.job("young")
    context.status_editor.show(old, "first")
    await context.reads(old, "first")
    context.status_editor.show(old, "second")
    for word in ("one", "two", "three"):  # progress of others goes on meanwhile
        context.status_editor.show(young, word)
        await context.reads(young, word)
    assert context.text(old) == "first"
    await context.end(old)
    await context.reads(old, ENDED)


async def test_a_job_that_was_removed_keeps_nobody_waiting(context: EditorSetup) -> None:
    job = await context.job("a")
    await context.store.delete_job(job.id)
    context.status_editor.finish(job)
    context.status_editor.show(job, "progress")
    await context.status_editor.flush()
    assert context.text(job) == "queued"


async def test_a_message_that_its_row_could_not_take_is_edited_and_noted_later(context: EditorSetup) -> None:
    job, message_id = await context.unrecorded("a")
    context.status_editor.posted(job, message_id, "queued")
    await context.end(job)
    await context.status_editor.flush()
    assert context.text(await context.store.job(job.id)) == ENDED


async def test_a_preview_of_a_spoiler_is_one(context: EditorSetup) -> None:
    lease = await context.running("a", spoiler=True)
    context.status_editor.show(lease.job, "sampling")
    await context.reads(lease.job, "sampling")
    context.status_editor.show(lease.job, "step 1")
    context.status_editor.show_preview(lease.job, PREVIEW)
    await context.reads(lease.job, "step 1")
    assert attachments(context, lease.job) == ["SPOILER_preview.jpeg"]


async def test_a_preview_is_attached_below_its_own_step_in_one_edit_until_the_end(
    context: EditorSetup,
) -> None:
    lease = await context.running("a")
    context.status_editor.show_preview(lease.job, PREVIEW)  # nothing is shown yet that it could stand below
    context.status_editor.show(lease.job, "step 1")
    await context.reads(lease.job, "step 1")
    for step in (2, 3):
        if step == 2:  # ComfyUI sends the preview before or after the step, by its version
            context.status_editor.show_preview(lease.job, PREVIEW)
        context.status_editor.show(lease.job, f"step {step}")
        if step == 3:
            context.status_editor.show_preview(lease.job, PREVIEW)
        await context.reads(lease.job, f"step {step}")
        assert attachments(context, lease.job) == ["preview.jpeg"]
    await context.status_editor.flush()
    assert len(context.edits()) == 3
    ended = await context.store.move(lease, State.CANCELLED, reason=CANCEL)
    context.status_editor.finish(ended.job)
    await context.reads(lease.job, ENDED)
    assert attachments(context, lease.job) == []


def attachments(context: EditorSetup, job: Job) -> list[str]:
    """The names of the files below a status."""
    assert job.status_message
    return [file.filename for file in context.playground.state.messages[job.status_message].attachments]


@pytest.mark.parametrize("body", Unreadable)
async def test_an_answer_that_cannot_be_read_stops_no_edit(context: EditorSetup, body: Unreadable) -> None:
    job = await context.job("a")
    context.playground.discord.unreadable_before_processing("^PATCH", body=body)
    await context.end(job)
    await context.reads(job, ENDED)
    await context.status_editor.flush()
    assert await context.store.unannounced_ends() == []


@pytest.mark.parametrize(("status", "code"), [(403, 40333), (403, 987654), (404, 0)])
async def test_a_refusal_that_passes_or_is_unknown_leaves_no_old_words(
    context: EditorSetup, status: int, code: int
) -> None:
    job = await context.job("a")
    context.playground.discord.fail(status, route="^PATCH", code=code)
    await context.end(job)
    await context.reads(job, ENDED)


@pytest.mark.parametrize(("status", "code"), [(403, 20009), (413, 40005), (403, 50013)])
async def test_a_preview_that_discord_refuses_is_left_out_and_the_text_goes_on(
    context: EditorSetup, status: int, code: int
) -> None:
    lease = await context.running("a")
    context.playground.discord.fail(status, route="^PATCH", code=code)
    for text in ("sampling", "more"):
        context.status_editor.show(lease.job, text)
        context.status_editor.show_preview(lease.job, PREVIEW)
        await context.reads(lease.job, text)
    assert attachments(context, lease.job) == []
