"""The worker: from claim to delivery, leases, several servers, what an earlier process left."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from comfy import UnavailableReason
from jobs import worker as worker_module
from jobs.announcer import JobStage, WaitReason
from jobs.errors import JobFailure
from storage import Job, Reason, State
from tests.blob_files import clip_path
from tests.unit.jobs.job_setup import LEASE_ENDS, JobSetup
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_announcer import Ended, Postpone, Progress, StageReached, Waiting
from tests.unit.jobs.scripted_server import CLIP_BYTES, DONE, STARTED, ScriptedServer
from tests.unit.jobs.worker_setup import ended, eventually, working


async def test_a_job_goes_from_the_queue_to_its_owner(setup: JobSetup, server: ScriptedServer) -> None:
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert (row.state, row.result_message) == (State.DONE, setup.announcer.results[job.id])
    assert row.clip
    assert clip_path(setup.files, row.clip).read_bytes() == CLIP_BYTES
    assert server.ran == [job.id]
    stages = [fact.stage for fact in setup.announcer.about(job, StageReached)]
    assert stages == list(JobStage)
    assert setup.announcer.facts[-1] == Ended(job=job.id, state=State.DONE)


async def test_jobs_of_one_server_run_one_after_the_other(setup: JobSetup, server: ScriptedServer) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    first, second = await setup.admit("a"), await setup.admit("b")
    async with working(setup, server):
        await hold.reached.wait()
        await setup.announcer.shown(second, Waiting)
        assert server.ran == [first.id]
        hold.release()
        await ended(setup, second)
    assert server.ran == [first.id, second.id]


async def test_the_next_picture_is_uploaded_while_the_server_computes(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    await setup.admit("a")
    async with working(setup, server):
        await hold.reached.wait()
        next_one = await setup.admit("b", picture=await setup.files.save_picture(b"another"))
        await server.called("upload", 2)
        hold.release()
        await ended(setup, next_one)
    assert server.times("upload") == 2


async def test_a_slow_delivery_keeps_no_server_from_the_next_job(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    setup.announcer.deliveries.append(hold)
    first, second = await setup.admit("a"), await setup.admit("b")
    async with working(setup, server):
        await hold.reached.wait()
        await ended(setup, second)
        assert not setup.announcer.about(first, Ended)
        hold.release()
        await ended(setup, first)


# what an earlier process left


@pytest.mark.parametrize("state", [State.CLAIMED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING])
async def test_a_job_left_on_a_server_is_adopted_before_any_is_claimed(
    setup: JobSetup, server: ScriptedServer, state: State
) -> None:
    left = await setup.lease(state, key="left")
    if state in (State.RUNNING, State.DOWNLOADING):
        server.has(left.job.id, DONE)
    new = await setup.admit("new")
    await setup.store.release_all()
    async with working(setup, server):
        assert (await ended(setup, left.job)).state == State.DONE
        await ended(setup, new)
    begun = [fact.job for fact in setup.announcer.facts if isinstance(fact, StageReached | Progress)]
    assert begun[0] == left.job.id


async def test_a_job_of_a_server_that_is_no_more_is_adopted_by_another(
    setup: JobSetup, server: ScriptedServer
) -> None:
    left = await setup.lease(State.RUNNING, server="gone:8188")
    await setup.store.release_all()
    async with working(setup, server):
        row = await ended(setup, left.job)
    assert (row.state, row.server) == (State.DONE, server.name)


async def test_a_delivery_left_over_is_delivered_without_any_server(
    setup: JobSetup, server: ScriptedServer
) -> None:
    left = await setup.delivery()
    await setup.store.release_all()
    server.disconnect()
    async with working(setup, server):
        assert (await ended(setup, left.job)).state == State.DONE


async def test_a_delivery_that_was_put_off_is_tried_again_when_it_is_due(
    setup: JobSetup, server: ScriptedServer
) -> None:
    setup.announcer.deliveries.append(Postpone(30))
    job = await setup.admit()
    async with working(setup, server):
        await eventually(lambda: _was_put_off(setup, job))
        assert setup.announcer.tried == 1
        setup.clock.pass_seconds(31)
        row = await ended(setup, job)
    assert (row.state, row.tries) == (State.DONE, 1)
    assert setup.announcer.tried == 2


async def _was_put_off(setup: JobSetup, job: Job) -> bool:
    return (await setup.store.job(job.id)).tries == 1


async def test_a_clip_that_will_never_be_taken_fails_the_job(setup: JobSetup, server: ScriptedServer) -> None:
    setup.announcer.deliveries.append(JobFailure("cannot_send"))
    job = await setup.admit()
    async with working(setup, server):
        row = await ended(setup, job)
    assert (row.state, row.reason) == (State.FAILED, Reason(code="cannot_send"))


# leases


async def test_leases_are_renewed_while_a_job_runs(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LEASE_SECONDS", 0.003)
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    job = await setup.admit()
    async with working(setup, server):
        await hold.reached.wait()
        setup.clock.pass_seconds(30)
        now = setup.clock()
        await eventually(lambda: _is_held_beyond(setup, job, now + 45))
        hold.release()
        await ended(setup, job)


async def _is_held_beyond(setup: JobSetup, job: Job, time: float) -> bool:
    return ((await setup.store.job(job.id)).lease_until or 0) > time


async def test_a_job_that_somebody_else_took_over_is_left_to_them(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    lost, next_one = await setup.admit("a"), await setup.admit("b")
    async with working(setup, server):
        await hold.reached.wait()
        setup.clock.pass_seconds(LEASE_ENDS)
        assert await setup.store.adopt("another", ["another"])
        hold.release()
        await ended(setup, next_one)
    row = await setup.store.job(lost.id)
    assert (row.state, row.server) == (State.RUNNING, "another")
    assert not setup.announcer.about(lost, Ended)


# several servers


async def test_two_servers_run_two_jobs_at_once(setup: JobSetup) -> None:
    servers, holds = [ScriptedServer("one:8188"), ScriptedServer("two:8188")], [Hold(), Hold()]
    for server, hold in zip(servers, holds, strict=True):
        server.script = (STARTED, hold, DONE)
    jobs = [await setup.admit("a"), await setup.admit("b")]
    async with working(setup, *servers):
        for hold in holds:
            await hold.reached.wait()
        for hold in holds:
            hold.release()
        for job in jobs:
            await ended(setup, job)
    assert sorted(servers[0].ran + servers[1].ran) == sorted(job.id for job in jobs)


async def test_jobs_go_only_to_the_server_that_has_their_option(setup: JobSetup) -> None:
    lacking, having = ScriptedServer("one:8188"), ScriptedServer("two:8188")
    lacking.lacks_options = True
    back_and_forth = replace(PARAMS, choices={"pingpong": "back"})
    jobs = [await setup.admit(str(number), params=back_and_forth) for number in range(4)]
    async with working(setup, lacking, having):
        for job in jobs:
            await ended(setup, job)
    assert having.ran == [job.id for job in jobs]
    assert lacking.ran == []


async def test_a_job_waits_for_the_server_that_has_its_loras(setup: JobSetup) -> None:
    other, having = ScriptedServer("a:8188"), ScriptedServer("b:8188")
    other.loras, having.loras, having.reachable = ("rain",), ("rain", "smoke"), False
    smoke = await setup.admit("1", params=replace(PARAMS, loras={"smoke": 1.0}))
    rain = await setup.admit("2", params=replace(PARAMS, loras={"rain": 1.0}))
    async with working(setup, other, having):
        await ended(setup, rain)
        await setup.announcer.until(reason_is(setup, smoke, WaitReason.UNREACHABLE))
        having.reconnect()
        await ended(setup, smoke)
    assert (other.ran, having.ran) == ([rain.id], [smoke.id])


# why a job waits


def reason_is(setup: JobSetup, job: Job, reason: WaitReason | None) -> Callable[[], bool]:
    """Whether the newest position that was shown of the job has this reason."""

    def is_shown() -> bool:
        shown = setup.announcer.about(job, Waiting)
        return bool(shown) and isinstance(shown[-1], Waiting) and shown[-1].position.reason is reason

    return is_shown


async def test_waiting_jobs_show_at_once_that_a_server_went_or_came_back(
    setup: JobSetup, server: ScriptedServer, rare_polls: None
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    await setup.admit("a")
    async with working(setup, server):
        await hold.reached.wait()
        job = await setup.admit("b")
        for reason, befalls in (
            (WaitReason.GIVING_WAY, lambda: server.become(UnavailableReason.GIVING_WAY)),
            (None, lambda: server.become(None)),
            (WaitReason.UNREACHABLE, server.disconnect),
            (WaitReason.TOKEN_REFUSED, server.refuse_token),
            (None, server.reconnect),
        ):
            befalls()
            await setup.announcer.until(reason_is(setup, job, reason))
        hold.release()
        await ended(setup, job)


async def test_a_job_that_no_server_can_run_says_so_and_goes_when_the_file_is_put_back(
    setup: JobSetup,
) -> None:
    server, turbo = ScriptedServer(), "wan21_i2v_lightx2v"
    server.answer("wan21_i2v")
    job = await setup.admit(params=replace(PARAMS, workflow=turbo, preset="turbo"))
    async with working(setup, server):
        await setup.announcer.until(reason_is(setup, job, WaitReason.CANNOT_RUN))
        server.install("wan21_i2v", turbo)
        assert (await ended(setup, job)).state == State.DONE
    assert server.times("refresh") >= 1


async def test_a_job_admitted_before_any_server_answered_runs_with_what_the_first_one_has(
    setup: JobSetup,
) -> None:
    server, open_fields = ScriptedServer.never_reached(), ("workflow", "preset", "steps")
    guess = replace(PARAMS, workflow="wan21_i2v_lightx2v", preset="turbo", steps=4, left_open=open_fields)
    job = await setup.admit(params=guess)
    async with working(setup, server):
        server.answer("wan21_i2v")
        row = await ended(setup, job)
    assert (row.state, row.params.preset, row.params.steps) == (State.DONE, "fast", 20)


# a store that fails


SAID_BY_THE_LOOPS = (
    "no job can be claimed",
    "no delivery can be taken over",
    "the queue cannot be read",
    "the leases cannot be renewed",
)


async def test_a_database_that_answers_nothing_stops_no_loop(
    setup: JobSetup,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(worker_module, "LEASE_SECONDS", 0.03)
    job = await setup.admit()
    setup.database.broken = True
    async with working(setup, server):
        await setup.database.until(lambda: all(each in caplog.text for each in SAID_BY_THE_LOOPS))
        setup.database.broken = False
        assert (await ended(setup, job)).state == State.DONE


async def test_a_job_whose_move_cannot_be_written_is_taken_up_again(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    job = await setup.admit()
    async with working(setup, server):
        await hold.reached.wait()
        setup.database.broken = True
        hold.release()
        await setup.database.refuses(12)  # each loop more than once
        setup.database.broken = False
        setup.clock.pass_seconds(LEASE_ENDS)
        assert (await ended(setup, job)).state == State.DONE
    assert server.ran == [job.id]


# pictures sent ahead


async def test_no_picture_is_sent_ahead_to_a_server_that_may_not_run_the_job(
    setup: JobSetup, server: ScriptedServer
) -> None:
    other = ScriptedServer("other:8188")
    holds = [Hold(), Hold()]
    for each, hold in zip((server, other), holds, strict=True):
        each.script = (hold, DONE)
    jobs = [await setup.admit(key) for key in "ab"]
    async with working(setup, server, other) as notifier:
        await asyncio.gather(*(hold.reached.wait() for hold in holds))
        third = await setup.admit("c", params=replace(PARAMS, width=480))
        for _ in range(3):
            notifier.notify()
            await eventually(lambda: setup.store.waiting(limit=1))
        assert not [name for each in (server, other) for _, name in each.calls if "480x480" in name]
        for hold in holds:
            hold.release()
        await ended(setup, third)
    uploads = [name for each in (server, other) for call, name in each.calls if call == "upload"]
    assert sum("480x480" in name for name in uploads) == 1
    assert len(server.ran) + len(other.ran) == len(jobs) + 1


@pytest.mark.parametrize("able", [True, False])
async def test_the_picture_of_the_job_that_only_this_server_can_run_is_sent_ahead(
    setup: JobSetup, server: ScriptedServer, able: bool
) -> None:
    other = ScriptedServer("other:8188")
    other.runnable = frozenset()
    hold = Hold()
    server.script = (hold, DONE)
    first = await setup.admit("a")
    async with working(setup, server, other) as notifier:
        await hold.reached.wait()
        if not able:
            server.become(UnavailableReason.DRAINED)
        second = await setup.admit("b", params=replace(PARAMS, width=480))
        notifier.notify()
        if able:
            await server.called("upload", 2)
            assert "480x480" in server.calls[-1][1]
        server.become(None)
        hold.release()
        await ended(setup, first)
        await ended(setup, second)
    assert other.times("upload") == 0
    assert server.times("upload") == 2


async def test_while_paused_what_runs_is_finished_and_nothing_is_begun_or_sent_ahead(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.script = (hold, DONE)
    first = await setup.admit("a")
    async with working(setup, server) as notifier:
        await hold.reached.wait()
        await setup.store.begin_pause(until=None, reason="new disk")
        second = await setup.admit("b", params=replace(PARAMS, width=480))
        for _ in range(3):
            notifier.notify()
            await eventually(lambda: setup.store.waiting(limit=1))
        hold.release()
        await ended(setup, first)
        assert (await setup.store.job(second.id)).state is State.QUEUED
        assert server.times("upload") == 1
        await setup.store.end_pause()
        notifier.notify()
        await ended(setup, second)
    assert server.ran == [first.id, second.id]
