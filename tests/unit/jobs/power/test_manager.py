"""The power manager on a real store and a scripted server: wakes that work, fail and hang; free and stop."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

import pytest

from jobs.announcer import WaitReason
from jobs.notifier import QueueNotifier
from jobs.pace import QueuePositions
from jobs.power import decision, manager
from jobs.power.hooks import HookFailed
from jobs.power.manager import PowerManager, PowerPlan
from jobs.power.quiet_hours import QuietHours
from jobs.power.state import PowerState
from storage import State
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.observable import TEST_TIMEOUT
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

ALWAYS = QuietHours(hours=[(0, 720), (720, 0)])


class FreeableServer(ScriptedServer):
    """A scripted server that is asleep, and says when it was freed."""

    def __init__(self, *, asleep: bool = True) -> None:
        super().__init__()
        self.reachable = not asleep

    async def free(self) -> None:
        self.calls.append(("free", ""))
        self._changed.set()
        self._changed = asyncio.Event()

    def set_reachable(self, reachable: bool) -> None:
        self.reachable = reachable
        self._changed.set()
        self._changed = asyncio.Event()


class ScriptedHook:
    """Counts its runs, and does what is next in `steps`; the last one again and again."""

    def __init__(self, *steps: Callable[[], Awaitable[None]]) -> None:
        self.steps = list(steps)
        self.runs = self.at_once = self.most_at_once = 0

    async def run(self) -> None:
        self.runs += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.steps[min(self.runs, len(self.steps)) - 1]()
        finally:
            self.at_once -= 1


async def fail() -> None:
    raise HookFailed("no quota")


async def hang() -> None:
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(decision, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(manager, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(manager, "STOP_GRACE", 0.05)


class Managed:
    """A manager at work on one server, with what the statuses and the worker read of it."""

    def __init__(self, setup: JobSetup, server: FreeableServer, plan: PowerPlan, quiet: QuietHours) -> None:
        self.state = PowerState(quiet=quiet)
        directory = setup.directory(server)
        self.positions = QueuePositions(setup.store, WORKFLOWS, directory, self.state)
        self.manager = PowerManager(
            setup.store, WORKFLOWS, [server], directory, {server.name: plan}, QueueNotifier(), self.state
        )


@contextlib.asynccontextmanager
async def managed(
    setup: JobSetup, server: FreeableServer, plan: PowerPlan, quiet: QuietHours | None = None
) -> AsyncGenerator[Managed]:
    setup_ = Managed(setup, server, plan, quiet or QuietHours())
    task = asyncio.create_task(setup_.manager.run())
    try:
        yield setup_
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(TEST_TIMEOUT):
        while not condition():  # noqa: ASYNC110 - of scripts, which have no event
            await asyncio.sleep(0.005)


async def waking(server: FreeableServer) -> None:
    server.set_reachable(True)


async def test_a_server_is_woken_for_a_job_and_the_time_is_learnt(setup: JobSetup) -> None:
    job, server = await setup.admit(), FreeableServer()
    hook = ScriptedHook(lambda: asyncio.sleep(0))
    async with managed(setup, server, PowerPlan(wake=hook)) as power:
        await until(lambda: hook.runs)
        position = await power.positions.position(job)
        assert (position.reason, position.minutes) == (WaitReason.WAKING, 2)
        server.set_reachable(True)
        await until(lambda: not power.state.waking)
        assert (await power.positions.position(job)).reason is None
    assert hook.runs == 1
    assert await setup.store.wake_seconds(server.name) is not None


async def test_nobody_is_woken_without_a_job(setup: JobSetup) -> None:
    hook, server = ScriptedHook(fail), FreeableServer()
    async with managed(setup, server, PowerPlan(wake=hook)):
        await asyncio.sleep(0.1)
    assert hook.runs == 0


async def test_a_hook_that_fails_is_told_once_and_tried_again(
    setup: JobSetup, caplog: pytest.LogCaptureFixture
) -> None:
    job, server = await setup.admit(), FreeableServer()
    hook = ScriptedHook(fail, fail, lambda: waking(server))
    with caplog.at_level(logging.WARNING, "jobs.power"):
        async with managed(setup, server, PowerPlan(wake=hook)):
            await until(lambda: hook.runs == 3)
            await until(lambda: server.unavailable_reason is None)
    assert [each.message.count("no quota") for each in caplog.records] == [1]
    assert (await setup.store.job(job.id)).state is State.QUEUED


async def test_a_hook_that_hangs_is_given_up_and_tried_again_one_at_a_time(
    setup: JobSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "HOOK_TIMEOUT", 0.02)
    job, server = await setup.admit(), FreeableServer()
    hook = ScriptedHook(hang, hang, lambda: waking(server))
    async with managed(setup, server, PowerPlan(wake=hook)) as power:
        await until(lambda: hook.runs == 3 and not power.state.waking)
        assert (await power.positions.position(job)).reason is None
    assert hook.most_at_once == 1


async def test_a_shutdown_ends_the_hook(setup: JobSetup) -> None:
    await setup.admit()
    hook = ScriptedHook(hang)
    async with managed(setup, FreeableServer(), PowerPlan(wake=hook)):
        await until(lambda: hook.at_once)
    assert hook.at_once == 0


async def test_a_restart_waits_for_what_the_process_before_woke(setup: JobSetup) -> None:
    job, server, hook = await setup.admit(), FreeableServer(), ScriptedHook(fail)
    await setup.store.begin_wake(server.name)
    async with managed(setup, server, PowerPlan(wake=hook)) as power:
        await until(lambda: power.state.waking)
        assert (await power.positions.position(job)).reason is WaitReason.WAKING
        server.set_reachable(True)
        await until(lambda: not power.state.waking)
    assert hook.runs == 0


async def test_in_quiet_hours_nobody_is_woken_and_people_read_until_when(setup: JobSetup) -> None:
    job, server, hook = await setup.admit(), FreeableServer(), ScriptedHook(fail)
    night = replace(ALWAYS, hours=[(0, 1439), (1439, 0)])
    async with managed(setup, server, PowerPlan(wake=hook), night) as power:
        await asyncio.sleep(0.1)
        position = await power.positions.position(job)
        assert position.reason is WaitReason.QUIET_HOURS
        assert position.until > 0
        assert not power.state.may_claim(server.name)
    assert hook.runs == 0


async def test_a_server_without_work_is_freed_and_stopped_once(setup: JobSetup) -> None:
    server, hook = FreeableServer(asleep=False), ScriptedHook(lambda: asyncio.sleep(0))
    async with managed(setup, server, PowerPlan(sleep=hook, free_after=0.02, sleep_after=0.1)) as power:
        await until(lambda: hook.runs)
        assert not power.state.may_claim(server.name)
        await until(lambda: power.state.may_claim(server.name))  # it did not go away: its jobs are not lost
        await asyncio.sleep(0.1)
    assert server.calls == [("free", "")]
    assert hook.runs == 1


@pytest.mark.parametrize("by", ["a job of ours", "the owner's own work"])
async def test_a_server_with_work_is_left_alone(setup: JobSetup, by: str) -> None:
    server, hook = FreeableServer(asleep=False), ScriptedHook(fail)
    if by == "a job of ours":
        await setup.lease(State.RUNNING, server=server.name)
    else:
        server.availability.others = 1
    async with managed(setup, server, PowerPlan(sleep=hook, free_after=0.01, sleep_after=0.02)):
        await asyncio.sleep(0.15)
    assert hook.runs == 0
    assert ("free", "") not in server.calls
