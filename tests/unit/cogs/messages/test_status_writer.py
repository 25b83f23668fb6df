"""Several processes edit one status: one at a time by its row, and the end is what stays."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from cogs.messages import status_editor
from cogs.messages.status_facts import StatusFact
from cogs.messages.status_writer import StatusWriter
from playground.discord.permissions import Permission
from storage import ACTIVE, FINISHED, Job, Reason, State
from tests.unit.cogs.messages.editor_setup import CANCEL, EditorSetup, open_editors
from tests.unit.jobs.sample_jobs import JOB

ALL, GATEWAY, WORKER = StatusWriter.ALL, StatusWriter.GATEWAY, StatusWriter.WORKER
ENDED = "🚫 **Cancelled**."
STOPPING = "🛑 **Stopping** …"


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncGenerator[tuple[EditorSetup, EditorSetup]]:
    async with open_editors(tmp_path, GATEWAY, WORKER) as (gateway, worker):
        yield gateway, worker


@pytest.mark.parametrize("state", State)
def test_the_gateway_edits_what_is_queued_and_the_holder_what_it_told_of_in_its_epoch(state: State) -> None:
    job = replace(JOB, state=state, epoch=3)
    told = StatusFact(state=state, epoch=3, text="told")
    assert ALL.may_edit(job, None)
    assert GATEWAY.may_edit(job, told) is (state is State.QUEUED)
    assert WORKER.may_edit(job, told) is (state in ACTIVE)
    assert not WORKER.may_edit(job, None)
    assert not WORKER.may_edit(job, replace(told, epoch=2))  # it held the lease before
    assert not WORKER.may_edit(job, replace(told, state=State.QUEUED))
    assert state in ACTIVE | FINISHED | {State.QUEUED}


async def claimed(editor: EditorSetup, job: Job) -> Job:
    lease = await editor.store.claim("gpu", {job.params.workflow})
    assert lease
    return lease.job


async def test_each_edits_in_its_turn_and_a_text_of_an_earlier_turn_is_shown_again(
    fleet: tuple[EditorSetup, EditorSetup],
) -> None:
    gateway, worker = fleet
    job = await gateway.job("a")
    gateway.status_editor.show(job, "position 1")
    await gateway.reads(job, "position 1")
    worker.status_editor.show(job, "queued by a worker")
    lease = await gateway.store.claim("gpu", {job.params.workflow})
    assert lease
    worker.status_editor.show(lease.job, "sampling")
    gateway.status_editor.show(lease.job, "sampling by the gateway")
    await worker.reads(job, "sampling")
    queued = (await gateway.store.move(lease, State.QUEUED)).job
    gateway.status_editor.show(queued, "position 1")
    await gateway.reads(job, "position 1")
    await gateway.status_editor.flush()
    await worker.status_editor.flush()
    texts = [each["content"] for each in gateway.edits() if isinstance(each, dict)]
    assert texts == ["position 1", "sampling", "position 1"]


async def test_who_asks_to_stop_leaves_the_words_to_whoever_runs_the_job(
    fleet: tuple[EditorSetup, EditorSetup],
) -> None:
    gateway, worker = fleet
    lease = await gateway.running("a")
    worker.status_editor.show(lease.job, "sampling")
    await worker.reads(lease.job, "sampling")
    stopped = await gateway.store.cancel(lease.job.id, mover="person 1", reason=CANCEL)
    assert stopped
    gateway.status_editor.stopping(stopped)
    await gateway.status_editor.flush()
    assert gateway.text(lease.job) == "sampling"
    worker.status_editor.stopping(stopped)
    await worker.reads(lease.job, STOPPING)


async def test_an_edit_that_comes_after_the_end_is_repaired(
    fleet: tuple[EditorSetup, EditorSetup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_editor, "CONFIRM_SECONDS", 0.2)
    gateway, _ = fleet
    job = await gateway.job("a")
    ended = await gateway.store.cancel(job.id, mover="person 1", reason=CANCEL)
    assert ended
    gateway.status_editor.finish(ended)
    await gateway.reads(job, ENDED)
    state = gateway.playground.state
    state.revise(replace(state.messages[job.status_message or 0], content="Sampling 5/20"))
    await gateway.status_editor.flush()
    assert gateway.text(job) == ENDED
    reads = [each for each in gateway.playground.discord.requests if each.method == "GET"]
    assert [each.path for each in reads if "/messages/" in each.path] == [
        f"/channels/{job.channel_id}/messages/{job.status_message}"
    ]


async def test_an_end_that_stands_is_read_once_and_not_written_again(
    fleet: tuple[EditorSetup, EditorSetup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_editor, "CONFIRM_SECONDS", 0.05)
    _, worker = fleet
    lease = await worker.running("a")
    failed = (await worker.store.move(lease, State.FAILED, reason=Reason(code="not_taken"))).job
    worker.status_editor.finish(failed)
    await worker.status_editor.flush()
    assert len(worker.edits()) == 1
    assert await worker.store.unannounced_ends() == []


async def test_an_end_that_a_worker_cannot_show_is_left_to_the_gateway(
    fleet: tuple[EditorSetup, EditorSetup],
) -> None:
    gateway, worker = fleet
    lease = await worker.running("a")
    failed = (await worker.store.move(lease, State.FAILED, reason=Reason(code="not_taken"))).job
    worker.playground.forbid(Permission.VIEW_CHANNEL)
    worker.status_editor.finish(failed)
    await worker.status_editor.flush()
    assert [each.id for each in await worker.store.unannounced_ends()] == [failed.id]
    gateway.status_editor.finish(failed)
    await gateway.status_editor.flush()
    assert await gateway.store.unannounced_ends() == []


async def test_a_row_that_was_read_long_ago_is_read_again_before_its_text_is_sent(
    fleet: tuple[EditorSetup, EditorSetup], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, worker = fleet
    lease = await worker.running("a")
    monkeypatch.setattr(status_editor, "LEASE_MARGIN", -status_editor.EDIT_TIMEOUT)  # a stop of the process
    worker.status_editor.show(lease.job, "sampling")
    await worker.status_editor.flush()
    assert worker.edits() == []
