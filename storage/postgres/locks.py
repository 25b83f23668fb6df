"""Locks between processes: advisory locks, which the server gives back when their connection ends."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncGenerator
from typing import Any

from storage.postgres.driver import load_asyncpg
from storage.postgres.translation import is_connection_lost

log = logging.getLogger(__name__)

TRY_LOCK = "SELECT pg_try_advisory_lock($1::bigint)"
TRY_SECONDS = 1.0
ALIVE_SECONDS = 5.0  # between two looks at whether the connection still answers
CONNECT_SECONDS = 5.0
# The server notices within a minute that the machine of a holder is gone.
_SETTINGS = {"tcp_keepalives_idle": "20", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class PostgresLock:
    """An advisory lock, held as long as its connection is open."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def lost(self) -> None:
        """Wait until the connection is closed, or does not answer any more."""
        closed = asyncio.Event()

        def close(_connection: Any) -> None:
            closed.set()

        self._connection.add_termination_listener(close)
        while not self._connection.is_closed():
            try:
                async with asyncio.timeout(ALIVE_SECONDS):
                    await closed.wait()
            except TimeoutError:
                if not await self._answers():
                    return

    async def _answers(self) -> bool:
        try:
            await self._connection.execute("SELECT 1", timeout=ALIVE_SECONDS)
        except Exception as err:
            if not is_connection_lost(err):
                raise
            return False
        return True


@contextlib.asynccontextmanager
async def hold_lock(url: str, name: str) -> AsyncGenerator[PostgresLock]:
    """Wait for the lock of that name, however long, and hold it for the block.

    It is asked for again and again: a statement that waits for it would hold a snapshot.
    """
    connection = await _acquire(url, key_of(name))
    try:
        yield PostgresLock(connection)
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=CONNECT_SECONDS)


async def _acquire(url: str, key: int) -> Any:
    """A connection that holds the lock, as soon as the server answers and nobody else has it."""
    while True:
        try:
            connection = await load_asyncpg().connect(
                url, timeout=CONNECT_SECONDS, statement_cache_size=0, server_settings=_SETTINGS
            )
        except Exception as err:
            if not is_connection_lost(err):
                raise
            await asyncio.sleep(TRY_SECONDS)
            continue
        if await _obtained(connection, key):
            return connection


async def _obtained(connection: Any, key: int) -> bool:
    """Whether the lock was given; closes the connection where that broke, or the task is cancelled."""
    try:
        while not await connection.fetchval(TRY_LOCK, key):  # noqa: ASYNC110 - nobody tells that it is free
            await asyncio.sleep(TRY_SECONDS)
    except BaseException as err:
        connection.terminate()
        if isinstance(err, Exception) and is_connection_lost(err):
            return False
        raise
    return True


def key_of(name: str) -> int:
    """The number of the lock with that name: 63 bits."""
    return int.from_bytes(hashlib.sha256(f"animate {name}".encode()).digest()[:8], signed=True)
