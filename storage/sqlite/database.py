"""Open the SQLite file: pragmas, lock against a second process, integrity check, migrations.

Every operation of the store is **one statement** in autocommit mode; triggers keep the derived tables. A
statement that writes takes the write lock before it reads, is atomic, and is one call on the connection's
thread: a cancelled task leaves no transaction open, and transactions never interleave on the connection.
"""

import asyncio
import contextlib
import functools
import json
import logging
import re
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from pathlib import Path

import aiosqlite

from storage.database import Change, HeldLock, QueueOperation, Row, Values
from storage.errors import SchemaTooNew, StoreInUse, StoreUnavailable
from storage.sql.texts import storable
from storage.sqlite.copies import (
    backup_folder,
    copies_to_restore,
    copy_before_migration,
    copy_database,
    finish_replacing,
    make_private_file,
)
from storage.sqlite.operations import OPERATIONS
from storage.sqlite.translation import damaged, translated_errors

log = logging.getLogger(__name__)

FIRST_SECURE_VERSION = 7  # files of earlier versions hold deleted words in their free space
PAGES_PER_VACUUM = 1000
DAY = 86400  # seconds
MIGRATIONS = Path(__file__).parent / "migrations"
# Cache and checkpoint interval keep operations fast with a million rows.
PRAGMAS = """
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 4000;
"""
OF_THE_FILE = """
PRAGMA busy_timeout = 5000;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
"""  # kept in the file, which they write to


class SqliteDatabase:
    """One connection to the file at `path`; each statement is a transaction. See `storage.database.Database`.

    `clock` tells :now.
    """

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._whole_file = asyncio.Lock()  # a copy would let the truncation of the log wait for its end
        self.path = path
        self.clock: Callable[[], float] | None = None

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.parent

    async def fetch(self, sql: str, values: Values) -> Sequence[Row]:
        """Run one statement and return all its rows. Raises StoreUnavailable."""
        with translated_errors(self.path):
            rows = await self._connection.execute_fetchall(compile_lists(sql), self._bind(values))
            return list(rows)

    def _bind(self, values: Values) -> Mapping[str, object]:
        """The values as SQLite takes them, and the time."""
        now = (self.clock or time.time)()
        bound: dict[str, object] = {"now": now, "day": int(now // DAY), **values}
        for name, value in values.items():
            if isinstance(value, str):
                bound[name] = storable(value)
            elif value is not None and not isinstance(value, int | float):
                bound[name] = json.dumps(value)
        return bound

    async def fetch_one(self, sql: str, values: Values) -> Row | None:
        """Run one statement and return its first row, or None. Raises StoreUnavailable."""
        rows = await self.fetch(sql, values)
        return rows[0] if rows else None

    async def run(self, operation: QueueOperation, values: Values) -> Sequence[Row]:
        """Run an operation, which is one statement, and return its rows. Raises StoreUnavailable."""
        return await self.fetch(OPERATIONS[operation], values)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Make the statements of the block one transaction, undone where the block raises.

        Only for a connection that one task uses: statements of others would be part of it. Raises
        StoreUnavailable.
        """
        await self.fetch("BEGIN IMMEDIATE", {})
        try:
            yield
        except BaseException:
            await self.fetch("ROLLBACK", {})
            raise
        await self.fetch("COMMIT", {})

    async def version(self) -> int:
        """A number that changes when another connection changes the file. Raises StoreUnavailable."""
        row = await self.fetch_one("PRAGMA data_version", {})
        return int(row[0]) if row else 0

    async def copy_to(self, target: Path) -> None:
        """Write a consistent copy of the database to another file. Raises StoreUnavailable.

        It reads through a connection of its own, so other statements go on. `target` is replaced at the end.
        """
        async with self._whole_file:
            await asyncio.to_thread(copy_database, self.path, target)

    async def discard_deleted(self) -> None:
        """Return free pages to the disk and empty the write-ahead log, which hold deleted values.

        Raises StoreUnavailable.
        """
        async with self._whole_file:
            while (row := await self.fetch_one("PRAGMA freelist_count", {})) and row[0]:
                await self.fetch(f"PRAGMA incremental_vacuum({PAGES_PER_VACUUM})", {})
            await self.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {})

    @contextlib.asynccontextmanager
    async def changes(self) -> AsyncGenerator[AsyncGenerator[Change]]:
        """No other process works here: nothing comes, until the block ends."""
        async with contextlib.aclosing(_nothing()) as nothing:
            yield nothing

    @contextlib.asynccontextmanager
    async def lock(self, name: str) -> AsyncGenerator[HeldLock]:
        """Whoever has opened the file has it alone."""
        yield _Kept()


class _Kept:
    """A lock that is never lost."""

    async def lost(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()


async def _nothing() -> AsyncGenerator[Change]:
    await asyncio.Event().wait()
    yield Change(kind="", job="")


@functools.cache
def compile_lists(sql: str) -> str:
    """Replace `LIST(:name)` by the elements of the JSON list that the parameter is."""
    return re.sub(r"\bLIST\((:\w+)\)", r"(SELECT value FROM json_each(\1))", sql)


@contextlib.asynccontextmanager
async def open_database(path: Path) -> AsyncGenerator[SqliteDatabase]:
    """Open (or create) the file for this process alone and apply the missing migrations.

    Raises StoreInUse while another process holds it, SchemaTooNew, StoreDamaged, StoreUnavailable.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise StoreUnavailable(f"the folder {path.parent} cannot be made: {err.strerror}") from err
    with exclusive_lock(lock_of(path)):
        try:
            finish_replacing(path)
            make_private_file(path)
        except OSError as err:
            raise StoreUnavailable(f"{path} cannot be written: {err.strerror}") from err
        async with connected(path, OF_THE_FILE + PRAGMAS) as connection:
            await _check(connection, path)
            await _migrate(connection, path)
            yield SqliteDatabase(connection, path)


def lock_of(path: Path) -> Path:
    """The file whose lock a process holds while it works with the database at `path`."""
    return path.with_suffix(".lock")


@contextlib.asynccontextmanager
async def connected(path: Path, pragmas: str = PRAGMAS) -> AsyncGenerator[aiosqlite.Connection]:
    """A connection in autocommit mode with these pragmas set, closed at the end of the block."""
    with translated_errors(path):
        connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        with translated_errors(path):
            await connection.executescript(pragmas)
        yield connection
    finally:
        await connection.close()


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Generator[None]:
    """Hold a lock for the block, released by the operating system should the process die. Raises StoreInUse.

    SQLite's file lock works on every platform: an exclusive transaction on its own file, never committed.
    """
    with contextlib.suppress(OSError):  # SQLite says why
        make_private_file(path)
    with translated_errors():
        lock = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        _acquire(lock, path)
        yield
    finally:
        lock.close()


def _acquire(lock: sqlite3.Connection, path: Path) -> None:
    """Begin the transaction that is the lock. Raises StoreInUse, StoreUnavailable."""
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise StoreUnavailable(f"{path.name} cannot be locked: {err}") from err
        raise StoreInUse(f"another bot works in the folder {path.parent.absolute()}: end it first") from err


async def _check(connection: aiosqlite.Connection, path: Path) -> None:
    """Check the file's pages (`PRAGMA quick_check`). Raises StoreDamaged."""
    with translated_errors(path):
        rows = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
        if rows[0][0] != "ok":
            raise damaged(rows[0][0], path)


def migrations() -> Mapping[int, Path]:
    """The files of all migrations by number; the highest is the version of the schema."""
    return {int(path.name[:4]): path for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))}


def too_new(path: Path, version: int, backups: Path) -> SchemaTooNew:
    """The error for a database of a later version, with the copy to go back to where there is one."""
    newest = max(migrations())
    usable = copies_to_restore(backups, newest)
    way_back = f", or go back to what was there before: python bot.py restore {usable[0]}" if usable else ""
    return SchemaTooNew(
        f"{path} was written by a newer version of the bot (schema {version}, this one knows {newest}): "
        f'update the bot again (README.md, "Update"){way_back}'
    )


async def _migrate(connection: aiosqlite.Connection, path: Path) -> None:
    """Apply the migrations above `user_version` in order. Raises SchemaTooNew where that is unknown.

    A file that has a schema is copied before. One of before FIRST_SECURE_VERSION is then written anew,
    without what was deleted from it.
    """
    with translated_errors(path):
        rows = list(await connection.execute_fetchall("PRAGMA user_version"))
        version = int(rows[0][0])
        numbered = migrations()
        if version > max(numbered):
            raise too_new(path, version, backup_folder(path))
        if 0 < version < max(numbered):
            kept = await asyncio.to_thread(copy_before_migration, path, version)
            log.info("the database is changed from schema %d to %d; before: %s", version, max(numbered), kept)
        for number in sorted(numbered.keys() - range(version + 1)):
            await _apply(connection, number, numbered[number].read_text(encoding="utf-8"))
        if 0 < version < FIRST_SECURE_VERSION:
            await _rewrite(connection)


async def _rewrite(connection: aiosqlite.Connection) -> None:
    """Write the whole file anew. Without room for that on the disk it stays as it is, which is logged."""
    try:
        await connection.execute_fetchall("VACUUM")
        await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as err:
        log.warning("what was deleted under an earlier version may still be read in the file: %s", err)


async def _apply(connection: aiosqlite.Connection, number: int, script: str) -> None:
    """Run one migration and set `user_version` in one transaction."""
    try:
        await connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            await connection.rollback()
        raise
