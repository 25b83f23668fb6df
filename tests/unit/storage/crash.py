"""A process that dies inside an operation: `python -m tests.unit.storage.crash FOLDER OPERATION POINT`.

It brings a queue to where the operation has something to do, then kills itself at the POINT-th boundary:
where SQLite begins a statement or a trigger within it. With fewer boundaries than that it ends well.
"""

import asyncio
import functools
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiosqlite

from storage import Lease, QueueLimits, Reason, State, Store, open_store
from storage.retention import remove_rows
from tests.unit.storage.requests import NODE_FAILED, claim, make_request

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows SIGTERM ends a process at once
LIMITS = QueueLimits(longest_wait=0)
CANCELLED = Reason(code="cancelled")


class KilledConnection(sqlite3.Connection):
    """A connection that kills its process at a boundary; 0 is never."""

    left = 0

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.set_trace_callback(self._at_boundary)

    def _at_boundary(self, _: str) -> None:
        if KilledConnection.left:
            KilledConnection.left -= 1
            if not KilledConnection.left:
                os.kill(os.getpid(), KILL)


async def prepare(store: Store) -> Lease:
    """Four people's jobs, of which one is done, one was cancelled, and one runs: the one returned."""
    for number in range(8):
        job = (await store.admit(make_request(str(number), user=number % 4))).job
        await store.set_status_message(job.id, job.seq)
    done = await store.move(await claim(store), State.DOWNLOADING, seconds=12.0)
    await store.move(done, State.DONE, result_message=1)
    running = await store.move(await claim(store), State.RUNNING)
    await store.cancel((await store.waiting())[-1].job.id, mover="person", reason=CANCELLED)
    return running


async def adopt(store: Store, running: Lease) -> None:
    await store.adopt("new server", ["new server"])


async def cancel(store: Store, running: Lease) -> None:
    first = (await store.waiting())[0].job
    await store.cancel(first.id, mover="person", reason=CANCELLED)


OPERATIONS: Mapping[str, Callable[[Store, Lease], Awaitable[object]]] = {
    "admit": lambda store, _: store.admit(make_request("new")),
    "claim": lambda store, _: store.claim("server", {"wan"}),
    "claim_loaded": lambda store, _: store.claim("server", {"wan"}, loaded="wan"),
    "move": lambda store, running: store.move(running, State.DOWNLOADING, seconds=7.0),
    "finish": lambda store, running: store.move(running, State.DONE, seconds=7.0, result_message=2),
    "fail": lambda store, running: store.move(running, State.FAILED, reason=NODE_FAILED),
    "put_back": lambda store, running: store.move(running, State.QUEUED),
    "renew": lambda store, running: store.renew([running]),
    "release_all": lambda store, _: store.release_all(),
    "adopt": adopt,
    "cancel": cancel,
    "expire": lambda store, _: store.expire(),
    "remove_rows": lambda store, _: remove_rows(store.database, time.time() + 1),
}


async def main(folder: Path, operation: str, point: int) -> None:
    aiosqlite.connect = functools.partial(aiosqlite.connect, factory=KilledConnection)
    if operation == "open":
        KilledConnection.left = point
    async with open_store(folder, LIMITS) as store:
        if operation != "open":
            running = await prepare(store)
            if operation == "adopt":
                await store.release_all()
            KilledConnection.left = point
            await OPERATIONS[operation](store, running)
        KilledConnection.left = 0


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
