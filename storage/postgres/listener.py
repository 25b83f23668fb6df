"""Hear what other processes do to jobs: LISTEN on a connection of its own, else a change every second."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncGenerator
from typing import Any

from storage.database import Change
from storage.postgres.driver import load_asyncpg

log = logging.getLogger(__name__)

CHANNEL = "animate"
TEST = "SELECT pg_notify($1, $2)"
UNKNOWN = Change(kind="unknown", job="")
POLL_SECONDS = 1.0
TEST_SECONDS = 5.0
RECONNECT_SECONDS = 1.0
MAX_WAITING = 1000  # changes that nobody has read; then they are one unknown change


class _Changes:
    """A queue that is bounded: what is too much becomes one unknown change."""

    def __init__(self) -> None:
        self._queue = asyncio.Queue[Change]()

    def add(self, change: Change) -> None:
        if self._queue.qsize() >= MAX_WAITING:
            while not self._queue.empty():
                self._queue.get_nowait()
            change = UNKNOWN
        self._queue.put_nowait(change)

    async def read(self) -> AsyncGenerator[Change]:
        while True:
            yield await self._queue.get()


@contextlib.asynccontextmanager
async def listening(url: str) -> AsyncGenerator[AsyncGenerator[Change]]:
    """Yield the changes from now on. `url`: of the server itself, as a pooler passes on no notifications."""
    changes, ready = _Changes(), asyncio.Event()
    task = asyncio.create_task(_listen(url, changes, ready), name="listening to PostgreSQL")
    try:
        await ready.wait()
        async with contextlib.aclosing(changes.read()) as reading:
            yield reading
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _listen(url: str, changes: _Changes, ready: asyncio.Event) -> None:
    """Listen for ever, on one connection after the other; poll while none gives notifications."""
    warned = False
    while True:
        try:
            async with _heard(url, changes) as lost:
                if warned:
                    log.info("notifications of PostgreSQL come again")
                warned = False
                changes.add(UNKNOWN)  # what happened before is not known
                ready.set()
                await lost.wait()
        except (OSError, load_asyncpg().PostgresError, load_asyncpg().InterfaceError) as err:
            if not warned:
                log.warning(
                    "no notifications come from PostgreSQL, so the queue is looked at every second (%s): "
                    "behind a pooler set DATABASE_LISTEN_URL to the server itself",
                    str(err) or type(err).__name__,
                )
            warned = True
            ready.set()
            changes.add(UNKNOWN)
            await asyncio.sleep(POLL_SECONDS)
        else:
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _heard(url: str, changes: _Changes) -> AsyncGenerator[asyncio.Event]:
    """A connection that has passed on a notification of its own; yields what is set when it is lost."""
    connection = await load_asyncpg().connect(url, timeout=TEST_SECONDS, statement_cache_size=0)
    lost, heard, test = asyncio.Event(), asyncio.Event(), f"test {uuid.uuid4()}"

    def receive(_connection: Any, _pid: int, _channel: str, payload: str) -> None:
        kind, _, job = payload.partition(" ")
        if payload == test:
            heard.set()
        elif kind != "test":
            changes.add(Change(kind=kind, job=job))

    def end(_connection: Any) -> None:
        lost.set()

    connection.add_termination_listener(end)
    try:
        await connection.add_listener(CHANNEL, receive)
        await connection.execute(TEST, CHANNEL, test)
        async with asyncio.timeout(TEST_SECONDS):
            await heard.wait()
        yield lost
    finally:
        with contextlib.suppress(Exception):
            connection.terminate()
