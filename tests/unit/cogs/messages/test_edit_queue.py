"""Which status is edited next, and when."""

import asyncio
import time

import comfy
from cogs.messages.edit_queue import (
    EDITS_PER_WINDOW,
    FORGET_SECONDS,
    MAX_TRIES,
    MERGE_SECONDS,
    PROGRESS_INTERVAL,
    EditQueue,
)
from cogs.messages.status_facts import StatusFact
from storage import State

PREVIEW = comfy.Preview(image=b"JPEG", kind="jpeg")


def queue() -> EditQueue:
    """A queue that may send at once."""
    return EditQueue(time.monotonic() - 60)


def fact(text: str = "", *, epoch: int = 1, preview: comfy.Preview | None = None) -> StatusFact:
    """A fact about a job that runs."""
    return StatusFact(state=State.RUNNING, epoch=epoch, text=text, preview=preview)


async def is_due(edits: EditQueue, seconds: float = 0.05) -> bool:
    """Whether an edit may be made within some seconds."""
    try:
        await asyncio.wait_for(edits.next(), seconds)
    except TimeoutError:
        return False
    return True


async def test_facts_that_come_together_are_one_edit() -> None:
    edits, began = queue(), time.monotonic()
    edits.add("job", fact(preview=PREVIEW))
    edits.add("job", fact("step 1"))
    status = await edits.next()
    assert time.monotonic() - began >= MERGE_SECONDS
    assert status.take().fact == fact("step 1", preview=PREVIEW)
    assert status.take().fact == fact("step 1")
    assert not await is_due(edits, 2 * MERGE_SECONDS)


async def test_a_fact_that_is_known_or_older_makes_no_edit() -> None:
    edits = queue()
    edits.add("job", fact("step 1"))
    (await edits.next()).take()
    edits.add("job", fact("step 1"))
    edits.add("job", fact("late", epoch=0))
    assert not await is_due(edits, 2 * MERGE_SECONDS)


async def test_what_is_urgent_goes_first_and_is_not_spaced() -> None:
    edits = queue()
    for number in range(3):
        edits.check(f"progress {number}")
    edits.check("end", end=True, urgent=True)
    first = await edits.next()
    assert (first.job_id, first.take().end) == ("end", True)
    edits.note_request()
    assert not await is_due(edits)
    edits.check("other end", end=True, urgent=True)
    assert (await edits.next()).job_id == "other end"


async def test_jobs_take_turns() -> None:
    edits, seen = queue(), list[str]()
    for _ in range(2):
        for job_id in "abc":
            edits.check(job_id)
        seen += [(await edits.next()).job_id for _ in "abc"]
    edits.check("c")
    edits.check("a")
    assert [*seen, (await edits.next()).job_id] == ["a", "b", "c", "a", "b", "c", "c"]


async def test_progress_is_spaced_and_a_full_window_holds_up_all() -> None:
    edits = queue()
    edits.note_request()
    edits.check("progress")
    began = time.monotonic()
    await edits.next()
    assert time.monotonic() - began >= PROGRESS_INTERVAL - 0.05
    for _ in range(EDITS_PER_WINDOW):
        edits.note_request()
    edits.check("end", urgent=True)
    assert not await is_due(edits)


async def test_a_failed_edit_is_repeated_with_what_came_meanwhile_and_progress_not_for_ever() -> None:
    edits = queue()
    edits.add("job", fact("step 1", preview=PREVIEW))
    status = await edits.next()
    edit = status.take()
    edits.retry(status, edit)
    edits.add("job", fact("step 2"))
    edit = (await edits.next()).take()
    assert edit.fact == fact("step 2", preview=PREVIEW)
    for tries in range(1, MAX_TRIES):
        edits.retry(status, type(edit)(fact=edit.fact, end=False, urgent=False, tries=tries))
    assert not await is_due(edits)
    edits.add("job", fact("step 2"))
    assert await is_due(edits, 2 * MERGE_SECONDS)


async def test_an_edit_that_failed_gives_way_to_the_others_also_where_it_is_a_final_status() -> None:
    edits = queue()
    edits.check("end", end=True, urgent=True)
    status = await edits.next()
    edits.postpone(status, status.take(), time.monotonic() + 60)
    edits.check("progress")
    assert (await edits.next()).job_id == "progress"


async def test_a_text_is_compared_again_when_it_expires() -> None:
    edits = queue()
    edits.check("job")
    status = await edits.next()
    status.expires_at = time.monotonic() + 0.05
    assert (await asyncio.wait_for(edits.next(), 1)) is status
    assert status.expires_at is None


async def test_a_posted_status_is_compared_with_its_row() -> None:
    edits = queue()
    edits.posted("job", 5, fact("queued", epoch=0))
    status = await edits.next()
    assert (status.message_id, status.shown, status.take().end) == (5, "queued", True)


async def test_what_is_forgotten_is_known_no_longer_unless_something_came_meanwhile() -> None:
    edits = queue()
    edits.add("job", fact("step 1"))
    status = await edits.next()
    edits.check("job", end=True, urgent=True)
    edits.forget(status)
    assert await edits.next() is status
    edits.forget(status)
    edits.check("job")
    assert await edits.next() is not status


async def test_it_is_idle_when_nothing_is_due_and_nothing_is_being_sent() -> None:
    edits = queue()
    await asyncio.wait_for(edits.idle(), 1)
    edits.check("job")
    await edits.next()
    idle = asyncio.create_task(edits.idle())
    await asyncio.wait([idle], timeout=0.05)
    assert not idle.done()  # it is being sent until the next one is asked for
    assert not await is_due(edits)
    await asyncio.wait_for(idle, 1)


async def test_a_job_that_went_on_in_another_process_is_forgotten_after_an_hour() -> None:
    edits = queue()
    edits.add("elsewhere", fact("queued"))
    status = await edits.next()
    status.touched_at -= FORGET_SECONDS - 1
    edits.check("another")
    assert edits._status("elsewhere") is status
    status.touched_at -= FORGET_SECONDS + 1
    edits.check("a third")
    assert edits._status("elsewhere") is not status
