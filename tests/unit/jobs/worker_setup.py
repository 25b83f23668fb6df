"""A worker at work in a test, and how to wait for what it does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from jobs.notifier import QueueNotifier
from jobs.worker import Worker
from storage import Job, Reason
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.observable import TEST_TIMEOUT
from tests.unit.jobs.scripted_announcer import Ended
from tests.unit.jobs.scripted_server import ScriptedServer

CANCEL = Reason(code="cancelled")


@contextlib.asynccontextmanager
async def working(setup: JobSetup, *servers: ScriptedServer) -> AsyncGenerator[QueueNotifier]:
    """A worker on these servers, and its notifier; leaving raises what it died of."""
    notifier = QueueNotifier()
    worker = Worker(setup.context(), servers, setup.positions(*servers), notifier)
    task = asyncio.create_task(worker.run())
    try:
        yield notifier
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def eventually(read: Callable[[], Awaitable[object]]) -> None:
    """Read the store until it holds; raises TimeoutError."""
    async with asyncio.timeout(TEST_TIMEOUT):
        while not await read():
            pass


async def ended(setup: JobSetup, job: Job) -> Job:
    """The row of a job once its end was announced."""
    await setup.announcer.shown(job, Ended)
    return await setup.store.job(job.id)
