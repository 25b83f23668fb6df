"""A PostgreSQL database: a pool of connections, transactions that are repeated, commits without an answer.

A commit whose answer is lost may have happened. Each transaction that writes knows its number, and the server
tells what became of it (pg_xact_status): where it was committed, what it returned is its outcome. While the
server cannot be asked, the outcome is kept, for the caller who tries the same again later.
"""

import asyncio
import contextlib
import logging
import random
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.database import Change, DatabaseLocation, HeldLock, QueueOperation, Row, Values
from storage.postgres.compiler import compile_statement, with_time
from storage.postgres.driver import load_asyncpg
from storage.postgres.listener import listening
from storage.postgres.locks import hold_lock
from storage.postgres.operations import OPERATIONS, READS, Run, TryAgainError, UndoError, Work
from storage.postgres.schema import IDLE_SECONDS, check_current, migrate
from storage.postgres.translation import (
    is_connection_lost,
    is_read_only,
    is_repeated,
    translate,
    translated_errors,
    translated_opening,
)

log = logging.getLogger(__name__)

POOL_SIZE = 10
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
ATTEMPTS = 20  # of a transaction that others' locks undo
RECONNECTS = 3  # within one call; then the caller hears that the database cannot be reached
RECONNECT_SECONDS = 0.1
OUTCOME_SECONDS = 0.05
MAX_UNCLEAR = 100
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|TRUNCATE)\b")
# Each command of an operator writes there.
VERSION = "SELECT count(*) * 1000003 + coalesce(max(number), 0) FROM audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A transaction whose commit had no answer: its number, and what it returns if it was committed."""

    number: str
    rows: Sequence[Row]


class PostgresDatabase:
    """A pool of connections to one database. See `storage.database.Database`."""

    def __init__(self, pool: Any, location: DatabaseLocation) -> None:
        self._pool = pool
        self._location = location
        self._current = ContextVar[Any]("connection", default=None)
        self._unclear = OrderedDict[Hashable, Unclear]()
        self.clock: Callable[[], float] | None = None

    @property
    def folder(self) -> Path:
        """The folder of this process's own data."""
        return self._location.folder

    async def fetch(self, sql: str, values: Values) -> Sequence[Row]:
        """Run one statement and return all its rows. Raises StoreUnavailable."""
        if current := self._current.get():
            with translated_errors():
                return await self._run_on(current)(sql, values)
        if not _WRITES.search(sql):
            return await self._read(sql, values)

        async def work(run: Run, values: Values) -> Sequence[Row]:
            return await run(sql, values)

        return await self._write(sql, work, values)

    async def fetch_one(self, sql: str, values: Values) -> Row | None:
        """Run one statement and return its first row, or None. Raises StoreUnavailable."""
        rows = await self.fetch(sql, values)
        return rows[0] if rows else None

    async def run(self, operation: QueueOperation, values: Values) -> Sequence[Row]:
        """Run an operation and return its rows. Raises StoreUnavailable."""
        if operation in READS:
            return await self.fetch(READS[operation], values)
        if current := self._current.get():
            with translated_errors(), contextlib.suppress(UndoError):
                return await OPERATIONS[operation](self._run_on(current), values)
            return []
        return await self._write(operation, OPERATIONS[operation], values)

    def _run_on(self, connection: Any) -> Run:
        """Runs statements on this connection."""
        clock = self.clock

        async def run(sql: str, values: Values) -> Sequence[Row]:
            statement = compile_statement(sql, own_clock=clock is None)
            timed = with_time(values, clock) if clock else values
            return await connection.fetch(statement.sql, *statement.arguments(timed))

        return run

    async def _read(self, sql: str, values: Values) -> Sequence[Row]:
        """Read, again where the connection breaks."""

        async def read() -> Sequence[Row]:
            async with self._pool.acquire(timeout=CONNECT_SECONDS) as connection:
                return await self._run_on(connection)(sql, values)

        return await self._reconnecting(read)

    async def _write(self, name: str, work: Work, values: Values) -> Sequence[Row]:
        """Run a transaction; one that was tried before and had no answer may have its outcome already."""
        key = _key(name, values)

        async def write() -> Sequence[Row]:
            known = self._unclear.pop(key, None)  # whoever else tries the same has a transaction of its own
            if known and await self._is_committed(key, known):
                return known.rows
            return await self._transact(key, work, values)

        return await self._reconnecting(write)

    async def _reconnecting(self, attempt: Callable[[], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
        """Try again with another connection where one breaks, and where locks undo the transaction."""
        broken, undone = 0, None
        for _ in range(ATTEMPTS):
            try:
                return await attempt()
            except UndoError:
                return []
            except TryAgainError as again:
                undone = None
                await asyncio.sleep(again.seconds)
            except Exception as err:
                if is_repeated(err):
                    undone = err
                    await asyncio.sleep(random.uniform(0, OUTCOME_SECONDS))  # noqa: S311 - no secret
                    continue
                broken += 1
                if is_read_only(err):
                    await self._pool.expire_connections()  # another server may take writes by now
                if not is_connection_lost(err) or isinstance(err, TimeoutError) or broken > RECONNECTS:
                    raise _translated(err) from err
                await asyncio.sleep(RECONNECT_SECONDS * (broken - 1))
        if undone:
            raise translate(undone) from undone
        return []

    async def _transact(self, key: Hashable, work: Work, values: Values) -> Sequence[Row]:
        """Run one transaction; its outcome is kept where the answer to its commit is lost."""
        async with self._pool.acquire(timeout=CONNECT_SECONDS) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                number = await connection.fetchval("SELECT pg_current_xact_id()::text")
                rows = await work(self._run_on(connection), values)
            except BaseException:
                await _roll_back(transaction)
                raise
            try:
                await transaction.commit()
            except Exception as err:
                if is_connection_lost(err):
                    self._remember(key, Unclear(number=number, rows=rows))
                raise
            return rows

    def _remember(self, key: Hashable, unclear: Unclear) -> None:
        self._unclear[key] = unclear
        while len(self._unclear) > MAX_UNCLEAR:
            self._unclear.popitem(last=False)

    async def _is_committed(self, key: Hashable, unclear: Unclear) -> bool:
        """Whether a transaction was committed; waits while its server still works on it."""
        try:
            while (status := await self._status(unclear.number)) == "in progress":  # noqa: ASYNC110
                await asyncio.sleep(OUTCOME_SECONDS)
        except BaseException:
            self._remember(key, unclear)
            raise
        return status == "committed"

    async def _status(self, number: str) -> str | None:
        async with self._pool.acquire(timeout=CONNECT_SECONDS) as connection:
            return await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", number)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Make the statements of the block, in this task, one transaction. Raises StoreUnavailable."""
        async with contextlib.AsyncExitStack() as stack:
            with translated_errors():
                acquiring = self._pool.acquire(timeout=CONNECT_SECONDS)
                connection = await stack.enter_async_context(acquiring)
                transaction = connection.transaction()
                await transaction.start()
            token = self._current.set(connection)
            try:
                yield
            except BaseException:
                await _roll_back(transaction)
                raise
            finally:
                self._current.reset(token)
            with translated_errors():
                await transaction.commit()

    async def version(self) -> int:
        """A number that changes with each command of an operator. Raises StoreUnavailable."""
        row = await self.fetch_one(VERSION, {})
        return int(row[0]) if row else 0

    async def discard_deleted(self) -> None:
        """Nothing: autovacuum does that."""

    @contextlib.asynccontextmanager
    async def changes(self) -> AsyncGenerator[AsyncGenerator[Change]]:
        """What other processes do to jobs, by LISTEN; every second an unknown change where that is silent."""
        async with listening(self._direct_url) as changes:
            yield changes

    @contextlib.asynccontextmanager
    async def lock(self, name: str) -> AsyncGenerator[HeldLock]:
        """Hold an advisory lock, once no other process does; it goes with the connection that holds it."""
        async with hold_lock(self._direct_url, name) as held:
            yield held

    @property
    def _direct_url(self) -> str:
        return self._location.listen_url or self._location.url


def _key(name: str, values: Values) -> Hashable:
    """What stands for this try and the next ones: an admission has a new id in each, but one key."""
    left_out = ("now", "day", "id") if "key" in values else ("now", "day")
    return (name, *((each, repr(value)) for each, value in values.items() if each not in left_out))


def _translated(err: Exception) -> Exception:
    """The error of the store for one of asyncpg or the network; any other is a fault and stays what it is."""
    asyncpg = load_asyncpg()
    known = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
    return translate(err) if isinstance(err, known) else err


async def _roll_back(transaction: Any) -> None:
    with contextlib.suppress(Exception):  # the connection is gone: so is the transaction
        await transaction.rollback()


@contextlib.asynccontextmanager
async def open_database(
    location: DatabaseLocation, *, beside: bool = False
) -> AsyncGenerator[PostgresDatabase]:
    """Open the database of `location.url` and apply the missing migrations, or `beside` a bot none.

    Raises StoreError with what to do, SchemaTooNew, StoreUnavailable.
    """
    asyncpg = load_asyncpg()
    pooled = bool(location.listen_url)
    direct, setting = (
        (location.listen_url, "DATABASE_LISTEN_URL") if pooled else (location.url, "DATABASE_URL")
    )
    with translated_opening(direct, setting):
        connection = await asyncpg.connect(direct, timeout=CONNECT_SECONDS)
        try:
            await (check_current if beside else migrate)(connection)
        finally:
            await connection.close(timeout=CONNECT_SECONDS)
    with translated_opening(location.url):
        pool = await asyncpg.create_pool(
            location.url,
            min_size=1,
            max_size=2 if beside else POOL_SIZE,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            statement_cache_size=0 if pooled else 500,  # a pooler gives each transaction another connection
            server_settings={} if pooled else _SETTINGS,
            reset=_keep_session,
        )
    try:
        yield PostgresDatabase(pool, location)
    finally:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await pool.close()
        except (TimeoutError, OSError):
            pool.terminate()


_SETTINGS = {
    "application_name": "animate",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "jit": "off",  # compiling takes longer than these statements do
}


async def _keep_session(connection: Any) -> None:
    """Nothing is set in a session: it need not be reset when its connection goes back to the pool."""
