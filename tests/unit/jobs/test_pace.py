"""How long jobs take: the rate of the sampler, and the end that is expected."""

import time

import pytest

import comfy
from jobs.announcer import QueuePosition, WaitReason
from jobs.fleet.directory import OwnServers
from jobs.pace import QueuePositions, RunClock, SamplingRate, expected_end
from storage import Forecast, Interval, Job, State
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer


def test_the_rate_is_measured_between_the_samplers_steps() -> None:
    rate = SamplingRate()
    assert rate.seconds_left(1, 20, now=100.0) is None
    assert rate.seconds_left(2, 20, now=103.0) == 54.0
    assert rate.seconds_left(20, 20, now=157.0) == 0.0


def test_a_run_that_starts_again_starts_its_rate_again() -> None:
    rate = SamplingRate()
    rate.seconds_left(5, 20, now=100.0)
    assert rate.seconds_left(1, 20, now=200.0) is None


def test_loading_between_two_samplers_is_no_part_of_the_rate() -> None:
    rate = SamplingRate()
    for step in range(1, 11):
        rate.seconds_left(step, 20, float(step), "first")
    assert rate.seconds_left(11, 20, now=100.0, sampler="second") == 9.0
    assert rate.seconds_left(12, 20, now=104.0, sampler="second") == 32.0


def test_steps_that_were_not_seen_do_not_make_a_rate() -> None:
    rate = SamplingRate()
    assert rate.seconds_left(11, 20, now=100.0, sampler="second") is None
    assert rate.seconds_left(12, 20, now=102.0, sampler="second") == 16.0


def test_a_time_is_told_only_when_it_was_learnt() -> None:
    def end(width: float) -> float | None:
        span = Interval(low=1100 - width / 2, high=1100 + width / 2)
        return expected_end(Forecast(start=Interval(low=1000, high=1000), end=span))

    assert end(20) == 1100
    assert end(190) is None
    span = Interval(low=1050, high=1050)
    assert expected_end(Forecast(start=Interval(low=1000, high=1000), end=span), others=2) == 1150
    assert expected_end(None) is None


# positions in the queue


async def learnt(setup: JobSetup, seconds: float = 100.0) -> Job:
    """A job that waits, where others like it took so many seconds."""
    for number in range(4):
        lease = await setup.lease(State.RUNNING, key=f"before {number}")
        lease = await setup.store.move(lease, State.DOWNLOADING, seconds=seconds)
        await setup.store.move(lease, State.DONE, result_message=number)
    return await setup.admit("a")


async def test_a_position_says_who_is_before_and_when_the_clip_will_be_there(
    setup: JobSetup, server: ScriptedServer
) -> None:
    positions = setup.positions(server)
    first = await learnt(setup)
    second = await setup.admit("b")
    here, there = await positions.position(first), await positions.position(second)
    assert (here.ahead, there.ahead) == (0, 1)
    assert here.expected_end == pytest.approx(time.time() + 100, abs=5)
    assert there.expected_end == pytest.approx(time.time() + 200, abs=5)
    assert (await positions.position(first, ahead=3)).ahead == 3


async def test_without_a_server_nobody_can_say_when(setup: JobSetup, server: ScriptedServer) -> None:
    job = await learnt(setup)
    server.disconnect()
    positions = setup.positions(server)
    assert await positions.position(job) == QueuePosition(ahead=0, reason=WaitReason.UNREACHABLE)
    assert await positions.expected_end(job) is None
    assert await setup.positions().expected_end(job) is None


async def test_while_paused_a_position_says_so_and_no_time(setup: JobSetup, server: ScriptedServer) -> None:
    job, positions = await learnt(setup), setup.positions(server)
    await setup.store.set_notice("tonight", until=time.time() + 60)
    await setup.store.begin_pause(until=None, reason="new disk")
    here = await positions.position(job)
    assert (here.pause, here.notice) == (await setup.store.pause(), await setup.store.notice())
    assert (here.reason, here.expected_end) == (None, None)
    assert await positions.expected_end(job) is None
    await setup.store.end_pause()
    assert (await positions.position(job)).expected_end


async def test_a_position_says_since_when_no_server_answers(setup: JobSetup, server: ScriptedServer) -> None:
    job = await learnt(setup)
    directory = OwnServers(setup.store, WORKFLOWS, [server], lambda name: 5.0)
    positions = QueuePositions(setup.store, WORKFLOWS, directory)
    assert (await positions.position(job)).away_since is None
    server.become(comfy.UnavailableReason.GIVING_WAY)
    assert (await positions.position(job)).away_since is None
    server.become(None)
    server.disconnect()
    assert (await positions.position(job)).away_since == 5.0


async def test_a_position_says_why_no_server_takes_the_job(setup: JobSetup, server: ScriptedServer) -> None:
    job = await learnt(setup)
    server.become(comfy.UnavailableReason.GIVING_WAY)
    position = await setup.positions(server).position(job, ahead=2)
    assert position == QueuePosition(ahead=2, reason=WaitReason.GIVING_WAY)
    assert (await setup.positions(server, ScriptedServer("two:8188")).position(job)).reason is None


async def test_only_servers_that_can_run_it_make_a_job_come_sooner(
    setup: JobSetup, server: ScriptedServer
) -> None:
    await learnt(setup)
    second = await setup.admit("b")
    other = ScriptedServer("other:8188")
    other.answer("wan21_i2v_lightx2v")
    end = await setup.positions(server, other).expected_end(second)
    assert end == pytest.approx(time.time() + 200, abs=5)


async def test_prompts_of_others_come_before(setup: JobSetup, server: ScriptedServer) -> None:
    job = await learnt(setup)
    server.availability.others = 1
    idle = ScriptedServer("idle:8188")
    end = await setup.positions(server).expected_end(job)
    assert end == pytest.approx(time.time() + 200, abs=5)
    assert await setup.positions(server, idle).expected_end(job) == pytest.approx(time.time() + 100, abs=5)


async def test_a_time_once_told_stays_while_it_is_about_right(
    setup: JobSetup, server: ScriptedServer
) -> None:
    job = await learnt(setup)
    positions = setup.positions(server)
    told = (await positions.position(job)).expected_end
    assert told
    setup.clock.pass_seconds(30)
    assert (await positions.position(job)).expected_end == told
    setup.clock.pass_seconds(60)
    moved = (await positions.position(job)).expected_end
    assert moved == pytest.approx(told + 90, abs=5)
    setup.clock.pass_seconds(30)
    positions.forget(job.id)
    assert (await positions.position(job)).expected_end == pytest.approx(told + 120, abs=5)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (9.5, 9.5),
        (0.0, 0.0),
        (30 * 86400.0, 9.0),
        (-3600.0, 9.0),
        (float("nan"), 9.0),
        (float("inf"), 9.0),
        (None, 9.0),
    ],
)
def test_a_server_is_believed_within_what_our_clock_saw(told: float | None, kept: float) -> None:
    clock = RunClock(submitted=100.0, started=101.0)
    assert clock.gpu_seconds(told, 110.0, longest=1e9) == kept


def test_a_long_run_that_is_told_as_none_counts_as_seen() -> None:
    clock = RunClock(submitted=100.0, started=100.0)
    assert clock.gpu_seconds(0.0, 1100.0, longest=1e9) == 1000.0
    assert clock.gpu_seconds(960.0, 1100.0, longest=1e9) == 960.0


@pytest.mark.parametrize(
    ("told", "kept"), [(50.0, 50.0), (61.0, None), (-1.0, None), (float("nan"), None), (None, None)]
)
def test_a_run_that_began_before_this_process_is_bounded_by_its_row(
    told: float | None, kept: float | None
) -> None:
    assert RunClock(started=105.0).gpu_seconds(told, 110.0, longest=60.0) == kept
