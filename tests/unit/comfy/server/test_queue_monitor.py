"""The monitor counts prompts of others, and knows which of ours ignore their interrupt."""

import asyncio
from collections.abc import Callable

import pytest

from comfy import ServerUnreachable
from comfy.protocol.queue import QueueEntry, ServerQueue
from comfy.server.queue_monitor import QueueMonitor
from tests.unit.comfy.server_jobs import soon

OURS = QueueEntry(prompt_id="ours", owner="us")
THEIRS = QueueEntry(prompt_id="theirs", owner=None)
EMPTY = ServerQueue(running=(), waiting=())


class ScriptedQueue:
    """A server's queue that is what the test wants it to be, or an error."""

    def __init__(self) -> None:
        self.queue: ServerQueue | ServerUnreachable = EMPTY
        self.was_read = asyncio.Event()

    async def read(self) -> ServerQueue:
        self.was_read.set()
        if isinstance(self.queue, ServerUnreachable):
            raise self.queue
        return self.queue


@pytest.fixture
def scripted() -> ScriptedQueue:
    return ScriptedQueue()


def monitor_of(scripted: ScriptedQueue, on_change: Callable[[], None], seconds: float = 60) -> QueueMonitor:
    return QueueMonitor(scripted.read, on_change, owner="us", poll_seconds=seconds)


async def test_it_counts_prompts_of_others_and_reports_only_changes(scripted: ScriptedQueue):
    changes: list[int] = []
    monitor = monitor_of(scripted, lambda: changes.append(monitor.others))

    for queue in (EMPTY, ServerQueue(running=(OURS,), waiting=(THEIRS, THEIRS)), EMPTY, EMPTY):
        scripted.queue = queue
        await monitor.poll()

    assert changes == [2, 0]


async def test_an_interrupted_job_that_runs_on_makes_the_server_stuck_until_it_is_gone(
    scripted: ScriptedQueue,
):
    monitor = monitor_of(scripted, lambda: None)
    scripted.queue = ServerQueue(running=(OURS,), waiting=())

    monitor.interrupted("ours")
    await monitor.poll()
    assert monitor.stuck

    scripted.queue = EMPTY
    await monitor.poll()
    assert not monitor.stuck


async def test_a_change_is_read_and_while_others_are_there_it_polls(scripted: ScriptedQueue):
    changed = asyncio.Event()
    monitor = monitor_of(scripted, changed.set, seconds=0.01)
    scripted.queue = ServerQueue(running=(THEIRS,), waiting=())
    running = asyncio.create_task(monitor.run(), name="monitor")

    monitor.changed()
    await soon(changed.wait())
    assert monitor.others == 1

    changed.clear()
    scripted.queue = EMPTY
    await soon(changed.wait())
    running.cancel()
    await asyncio.wait([running])
    assert monitor.others == 0


async def test_a_queue_that_cannot_be_read_is_read_again_at_the_next_change(scripted: ScriptedQueue):
    changed = asyncio.Event()
    monitor = monitor_of(scripted, changed.set)
    scripted.queue = ServerUnreachable(reason="refused")
    running = asyncio.create_task(monitor.run(), name="monitor")
    monitor.changed()
    await soon(scripted.was_read.wait())

    scripted.queue = ServerQueue(running=(THEIRS,), waiting=())
    monitor.changed()
    await soon(changed.wait())
    running.cancel()
    await asyncio.wait([running])

    assert monitor.others == 1
