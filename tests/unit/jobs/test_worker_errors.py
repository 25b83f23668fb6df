"""What each error means for a job: later, again, or its end; and that none of them ends the worker."""

import asyncio
import logging
from pathlib import Path

import pytest

import comfy
from jobs.announcer import RequeueReason, WaitReason
from jobs.worker import MAX_ATTEMPTS
from media import BadPicture, PictureFault
from storage import Blobs, Job, Lease, Reason, State, Store
from tests.away_store import AwayStore
from tests.unit.jobs.job_setup import LEASE_ENDS, JobSetup
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.scripted_announcer import Ended, Requeued
from tests.unit.jobs.scripted_server import DONE, STARTED, ScriptedServer
from tests.unit.jobs.worker_setup import CANCEL, ended, eventually, working

UNREACHABLE = comfy.ServerUnreachable(reason="refused")


@pytest.mark.parametrize("method", ["upload", "submit"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UNREACHABLE, RequeueReason.SERVER_UNREACHABLE),
        (comfy.TokenRefused(), RequeueReason.TOKEN_REFUSED),
    ],
    ids=["unreachable", "token"],
)
async def test_a_server_that_cannot_be_asked_gives_the_job_back(
    setup: JobSetup,
    server: ScriptedServer,
    rare_polls: None,
    method: str,
    error: Exception,
    reason: RequeueReason,
) -> None:
    server.fails(method, error)
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert row.state == State.DONE
    assert setup.announcer.about(job, Requeued) == [Requeued(job=job.id, reason=reason)]


async def test_a_server_that_goes_in_mid_run_gets_the_job_again_and_runs_it_once(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    job = await setup.admit()
    async with working(setup, server):
        await hold.reached.wait()
        server.disconnect()
        await setup.announcer.shown(job, Requeued)
        hold.release()
        server.reconnect()
        row = await ended(setup, job)
    assert (row.state, row.attempts) == (State.DONE, 2)
    assert server.ran == [job.id]


@pytest.mark.parametrize(
    "error",
    [UNREACHABLE, comfy.TokenRefused(), OSError("no space left")],
    ids=["unreachable", "token", "disk"],
)
async def test_a_clip_that_cannot_be_brought_yet_waits_where_it_is(
    setup: JobSetup, server: ScriptedServer, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    server.fails("download", error)
    job = await setup.admit()
    async with working(setup, server):
        await server.called("download")
        await eventually(lambda: _is_let_go(setup, job, caplog))
        setup.clock.pass_seconds(LEASE_ENDS)
        row = await ended(setup, job)
    assert row.state == State.DONE
    assert server.ran == [job.id]
    assert not setup.announcer.about(job, Requeued)


async def _is_let_go(setup: JobSetup, job: Job, caplog: pytest.LogCaptureFixture) -> bool:
    assert (await setup.store.job(job.id)).state == State.DOWNLOADING
    return any(record.name == "jobs.worker" for record in caplog.records)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_lost_job_is_run_again(setup: JobSetup, server: ScriptedServer, times: int) -> None:
    server.fails("submit", comfy.JobLost())
    server.fails("resume", *[comfy.JobLost()] * (times - 1))
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert (row.state, row.attempts) == (State.DONE, times + 1)
    assert (
        setup.announcer.about(job, Requeued) == [Requeued(job=job.id, reason=RequeueReason.JOB_LOST)] * times
    )


async def test_a_job_lost_too_often_has_failed(setup: JobSetup, server: ScriptedServer) -> None:
    server.fails("submit", comfy.JobLost())
    server.fails("resume", *[comfy.JobLost()] * (MAX_ATTEMPTS - 1))
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert (row.state, row.reason) == (State.FAILED, Reason(code="lost", values={"attempts": MAX_ATTEMPTS}))
    assert len(setup.announcer.about(job, Requeued)) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("error", [UNREACHABLE, comfy.JobLost(), ValueError("a bug")], ids=repr)
async def test_whatever_befalls_a_job_that_is_to_be_cancelled_cancels_it(
    setup: JobSetup, server: ScriptedServer, error: Exception
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, error)
    job = await setup.admit()
    async with working(setup, server):
        await hold.reached.wait()
        await setup.store.cancel(job.id, mover="person 42", reason=CANCEL)
        hold.release()
        row = await ended(setup, job)
    assert (row.state, row.reason) == (State.CANCELLED, CANCEL)
    assert setup.announcer.about(job, Ended) == [Ended(job=job.id, state=State.CANCELLED, reason=CANCEL)]


@pytest.mark.parametrize(
    ("method", "error", "code"),
    [
        ("submit", comfy.MissingModel(file="wan.safetensors"), "missing_model"),
        ("submit", comfy.GraphRejected(node="52", class_type="WanVideoSampler"), "rejected"),
        ("submit", comfy.ServerTooOld(), "server_too_old"),
        ("upload", FileNotFoundError("picture"), "picture_gone"),
        ("upload", BadPicture(PictureFault.BROKEN), "internal"),
        ("download", comfy.TooLarge(limit=1), "too_large"),
        ("download", comfy.BadAnswer(reason="x"), "bad_answer"),
        ("download", ValueError("a bug"), "internal"),
    ],
)
async def test_anything_else_ends_the_job_and_not_the_worker(
    setup: JobSetup, server: ScriptedServer, rare_polls: None, method: str, error: Exception, code: str
) -> None:
    server.fails(method, error)
    broken = await setup.admit("a")
    async with working(setup, server) as notifier:
        row = await ended(setup, broken)
        next_one = await setup.admit("b")  # not before: its picture, sent ahead, could meet the error
        notifier.notify()
        assert (await ended(setup, next_one)).state == State.DONE
    assert row.reason
    assert (row.state, row.reason.code) == (State.FAILED, code)


@pytest.mark.parametrize(
    ("error", "traced"),
    [
        (comfy.BadAnswer(reason="HTTP 302"), False),
        (BadPicture(PictureFault.BROKEN), False),
        (ZeroDivisionError("a fault of ours"), True),
    ],
    ids=["server", "picture", "ours"],
)
async def test_only_what_nobody_expected_is_logged_with_a_traceback(
    setup: JobSetup,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    traced: bool,
) -> None:
    server.fails("submit", error)
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert row.state == State.FAILED
    assert f"{job.id}: failed: {error}" in caplog.text
    assert ("Traceback" in caplog.text) == traced


async def test_a_result_without_a_clip_fails_once_and_nothing_is_fetched(
    setup: JobSetup, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = (comfy.Done(files=(), seconds=1),)
    broken, next_one = await setup.admit("a"), await setup.admit("b")
    with caplog.at_level(logging.WARNING):
        async with working(setup, server):
            row = await ended(setup, broken)
            await ended(setup, next_one)
    assert (row.state, row.reason) == (State.FAILED, Reason(code="no_clip"))
    assert "somebody else has it" not in caplog.text


class CancellingStore(Store):
    """A store in which a person cancels between the worker's last look at a job and its next move."""

    async def move(self, lease: Lease, state: State, **changes: object) -> Lease:
        if state is State.QUEUED:
            await self.cancel(lease.job.id, mover="person 42", reason=CANCEL)
        return await super().move(lease, state, **changes)  # type: ignore[arg-type]


async def test_a_job_cancelled_while_it_goes_back_to_the_queue_has_ended(
    setup: JobSetup, server: ScriptedServer
) -> None:
    setup.store = CancellingStore(setup.database, setup.clock)
    server.fails("submit", UNREACHABLE)
    job = await setup.admit()
    async with working(setup, server):
        assert (await ended(setup, job)).state == State.CANCELLED
    assert not setup.announcer.about(job, Requeued)


async def test_pictures_that_cannot_be_read_yet_make_jobs_wait_and_say_so(
    setup: JobSetup, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.blobs.blobs.RETRY_SECONDS", 0.01)
    away, job = AwayStore(tmp_path), await setup.admit()
    setup.files = Blobs(away, setup.database, tmp_path, owner="bot")
    away.away = True
    async with working(setup, server):
        await setup.announcer.shown(job, Requeued)
        await eventually(lambda: _is_looked_for(away))
        waiting = await setup.store.job(job.id)
        assert (waiting.state, server.ran) == (State.QUEUED, [])
        away.away = False
        row = await ended(setup, job)
    assert (row.state, row.attempts) == (State.DONE, 1)
    assert setup.announcer.about(job, Requeued) == [Requeued(job=job.id, reason=RequeueReason.BLOBS_AWAY)]


async def _is_looked_for(store: AwayStore) -> bool:
    await asyncio.sleep(0)
    return store.checked > 2


async def test_a_clip_that_cannot_be_kept_yet_waits_where_it_is(
    setup: JobSetup, server: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away, hold, job = AwayStore(tmp_path), Hold(), await setup.admit()
    setup.files = Blobs(away, setup.database, tmp_path, owner="bot")
    server.script = (STARTED, hold, DONE)
    async with working(setup, server):
        await hold.reached.wait()
        away.away = True
        hold.release()
        await eventually(lambda: _is_said(caplog, "its clip cannot be written yet"))
        away.away = False
        setup.clock.pass_seconds(LEASE_ENDS)
        row = await ended(setup, job)
    assert (row.state, server.ran) == (State.DONE, [job.id])


async def _is_said(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    await asyncio.sleep(0)
    return words in caplog.text


async def test_jobs_that_wait_for_pictures_are_told_why(setup: JobSetup, server: ScriptedServer) -> None:
    job, positions = await setup.admit(), setup.positions(server)
    positions.blobs_away = True
    assert (await positions.position(job)).reason is WaitReason.BLOBS_AWAY
