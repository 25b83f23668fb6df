"""A worker at work in a test, and how to wait for what it does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine

from jobs.fleet.membership import Membership
from jobs.notifier import QueueNotifier
from jobs.waiting_jobs import WaitingJobs
from jobs.worker import Worker
from storage import Job, ProcessRole, Reason, WorkerRecord
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.observable import TEST_TIMEOUT
from tests.unit.jobs.scripted_announcer import Ended
from tests.unit.jobs.scripted_server import ScriptedServer

CANCEL = Reason(code="cancelled")


@contextlib.asynccontextmanager
async def working(setup: JobSetup, *servers: ScriptedServer) -> AsyncGenerator[QueueNotifier]:
    """A process with these servers, and its notifier; leaving raises what it died of."""
    notifier, positions = QueueNotifier(), setup.positions(*servers)
    record = make_record(servers=tuple(each.name for each in servers))
    membership = Membership(setup.store, record, notifier, alone=True)
    directory = setup.directory(*servers)
    worker = Worker(setup.context(), servers, directory, positions, notifier, membership)
    waiting = WaitingJobs(
        setup.store, positions, notifier, announcer=setup.announcer, look_again=worker.look_again
    )
    task = asyncio.create_task(_together(worker.run(), waiting.run()))
    try:
        yield notifier
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def make_record(
    name: str = "here", role: ProcessRole = ProcessRole.ALL, servers: tuple[str, ...] = ()
) -> WorkerRecord:
    """The row of a process."""
    return WorkerRecord(id=name, name=name, role=role, version="1", host=name, servers=servers)


async def _together(*work: Coroutine[object, object, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for each in work:
            tasks.create_task(each)


async def eventually(read: Callable[[], Awaitable[object]]) -> None:
    """Read the store until it holds; raises TimeoutError."""
    async with asyncio.timeout(TEST_TIMEOUT):
        while not await read():
            pass


async def ended(setup: JobSetup, job: Job) -> Job:
    """The row of a job once its end was announced."""
    await setup.announcer.shown(job, Ended)
    return await setup.store.job(job.id)
