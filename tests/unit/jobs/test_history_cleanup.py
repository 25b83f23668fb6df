"""Each end of a job, also one that nobody saw, is forgotten by the server that had it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

import comfy
from jobs import history_cleanup
from jobs.history_cleanup import HistoryCleanup
from storage import State
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.scripted_server import DONE, STARTED, ScriptedServer
from tests.unit.jobs.worker_setup import CANCEL, ended, working

FAULT = comfy.NodeFailed(node="52", class_type="WanVideoSampler", reason="x", out_of_memory=True)
ENDS = {
    "delivered": (DONE,),
    "a broken node": (STARTED, comfy.Failed(error=FAULT)),
    "stopped there": (STARTED, comfy.Interrupted(node="52")),
    "no clip": (STARTED, comfy.Done(files=(), seconds=1)),
}


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_cleanup, "MIN_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(history_cleanup, "MAX_RETRY_SECONDS", 0.001)


@contextlib.asynccontextmanager
async def cleaning(setup: JobSetup, server: ScriptedServer) -> AsyncGenerator[HistoryCleanup]:
    cleanup = HistoryCleanup(setup.store, server)
    task = asyncio.create_task(cleanup.run())
    try:
        yield cleanup
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def gone(server: ScriptedServer, *prompt_ids: str) -> None:
    """Wait until the server has nothing of these."""
    await server.until(lambda: not server.has_any(*prompt_ids))


@pytest.mark.parametrize("script", ENDS.values(), ids=ENDS)
async def test_each_end_is_forgotten(
    setup: JobSetup, server: ScriptedServer, script: tuple[comfy.Event, ...]
) -> None:
    server.script = script
    job = await setup.admit()
    async with working(setup, server):
        await ended(setup, job)
        await gone(server, job.id)


async def test_a_cancelled_job_is_forgotten_once_the_server_has_stopped_it(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    job = await setup.admit()
    async with working(setup, server):
        await hold.reached.wait()
        await setup.store.cancel(job.id, mover="person 42", reason=CANCEL)
        row = await ended(setup, job)
        await gone(server, job.id)
    assert row.state == State.CANCELLED


async def test_a_job_that_takes_too_long_is_forgotten_though_its_entry_comes_late(
    setup: JobSetup, server: ScriptedServer
) -> None:
    lease = await setup.lease(State.RUNNING)
    server.has(lease.job.id, STARTED)  # it runs on: its node ignores the interrupt
    await setup.store.move(lease, State.FAILED)
    async with cleaning(setup, server) as cleanup:
        cleanup.forget(lease.job.id)
        await server.called("forget", 2)
        assert server.has_any(lease.job.id)
        server.has(lease.job.id, comfy.Interrupted(node="52"))
        await gone(server, lease.job.id)


async def test_a_deletion_that_fails_is_tried_again(setup: JobSetup, server: ScriptedServer) -> None:
    server.fails("forget", *[comfy.ServerFault(reason="HTTP 502")] * 3)
    server.has("ended", DONE)
    async with cleaning(setup, server):
        await gone(server, "ended")
    assert server.times("forget") == 4


async def test_a_delivered_job_whose_entry_could_not_be_deleted_is_forgotten_later(
    setup: JobSetup, server: ScriptedServer
) -> None:
    server.fails("forget", comfy.ServerFault(reason="HTTP 502"))
    job = await setup.admit()
    async with working(setup, server):
        assert (await ended(setup, job)).state == State.DONE
        await gone(server, job.id)


async def test_a_deletion_is_given_up_after_some_tries(setup: JobSetup, server: ScriptedServer) -> None:
    async with cleaning(setup, server) as cleanup:
        server.has("running", STARTED)
        cleanup.forget("running")
        await server.called("forget", history_cleanup.MAX_TRIES)
        server.has("ended", DONE)
        cleanup.forget("ended")
        await gone(server, "ended")
    assert server.calls.count(("forget", "running")) == history_cleanup.MAX_TRIES


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.DONE])
async def test_what_an_earlier_process_left_is_forgotten_at_the_next_start(
    setup: JobSetup, server: ScriptedServer, state: State
) -> None:
    lease = await setup.lease(State.RUNNING)
    server.has(lease.job.id, DONE)
    server.has("a job whose row is gone", DONE)
    await setup.store.move(lease, state, result_message=9)
    async with cleaning(setup, server):
        await gone(server, lease.job.id, "a job whose row is gone")


async def test_what_is_still_needed_stays(setup: JobSetup, server: ScriptedServer) -> None:
    lease = await setup.lease(State.DOWNLOADING)
    server.has(lease.job.id, DONE)
    server.has("ended", DONE)
    async with cleaning(setup, server):
        await gone(server, "ended")
    assert server.has_any(lease.job.id)


async def test_a_server_that_was_away_is_searched_when_it_is_back(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_cleanup, "POLL_SECONDS", 0.001)
    server.disconnect()
    async with cleaning(setup, server):
        server.has("ended", DONE)
        assert not server.times("owned_history")
        server.reconnect()
        await gone(server, "ended")
        server.has("ended meanwhile", DONE)
        server.reconnect()
        await gone(server, "ended meanwhile")


async def test_a_history_that_cannot_be_read_stops_nothing(
    setup: JobSetup, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.fails("owned_history", comfy.TooLarge(limit=1))
    server.has("ended", DONE)
    async with cleaning(setup, server) as cleanup:
        cleanup.forget("ended")
        await gone(server, "ended")
    assert "cannot be searched" in caplog.text
