"""The SQLite file: opened with the right settings, brought to the newest schema, held by one bot at a time.

Every operation of the store is **one statement** in autocommit mode, its bookkeeping done by triggers. A
statement that writes takes the write lock before it reads, is atomic, and one call of the connection's
thread: no transaction can be left open by a cancelled task, and none can meet another on the connection.
"""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from pathlib import Path

import aiosqlite

from storage.errors import SchemaTooNew, StoreInUse, StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
"""

SqlValue = str | int | float | None


class Database:
    """One connection; a statement is a transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, values: Mapping[str, SqlValue]) -> Sequence[sqlite3.Row]:
        """Run one statement and return all its rows; raises StoreUnavailable."""
        with foreign_errors():
            return list(await self._connection.execute_fetchall(sql, values))

    async def fetch_one(self, sql: str, values: Mapping[str, SqlValue]) -> sqlite3.Row | None:
        """Run one statement and return its first row; raises StoreUnavailable."""
        rows = await self.fetch(sql, values)
        return rows[0] if rows else None


@contextlib.contextmanager
def foreign_errors() -> Generator[None]:
    """Nothing of sqlite3 leaves this room."""
    try:
        yield
    except sqlite3.Error as err:
        raise StoreUnavailable(f"the database did not answer: {err}") from err


@contextlib.asynccontextmanager
async def open_database(path: Path) -> AsyncGenerator[Database]:
    """Open (or create) the file for this process alone.

    Raises StoreInUse when another bot holds it, SchemaTooNew, StoreUnavailable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StoreUnavailable(f"the folder {path.parent} cannot be made: {err.strerror}") from err
    with held_by_one(path.with_suffix(".lock")):
        async with _connected(path) as connection:
            await _migrate(connection)
            yield Database(connection)


@contextlib.asynccontextmanager
async def _connected(path: Path) -> AsyncGenerator[aiosqlite.Connection]:
    with foreign_errors():
        connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        with foreign_errors():
            await connection.executescript(SETTINGS)
        yield connection
    finally:
        await connection.close()


@contextlib.contextmanager
def held_by_one(path: Path) -> Generator[None]:
    """Hold a lock that the operating system takes back when this process dies, on every platform.

    SQLite's own file lock does it: a second file, one exclusive transaction that is never committed.
    """
    with foreign_errors():
        lock = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        _take(lock, path)
        yield
    finally:
        lock.close()


def _take(lock: sqlite3.Connection, path: Path) -> None:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise StoreUnavailable(f"{path.name} cannot be locked: {err}") from err
        raise StoreInUse(f"another bot works in the folder {path.parent.name}") from err


async def _migrate(connection: aiosqlite.Connection) -> None:
    """Apply the numbered files this database has not seen, each in one transaction, forward only."""
    with foreign_errors():
        rows = list(await connection.execute_fetchall("PRAGMA user_version"))
        version = int(rows[0][0])
        numbered = {int(path.name[:4]): path for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))}
        if version > max(numbered):
            raise SchemaTooNew(f"the database has version {version}, this program knows {max(numbered)}")
        for number in sorted(numbered.keys() - range(version + 1)):
            await _apply(connection, number, numbered[number].read_text(encoding="utf-8"))


async def _apply(connection: aiosqlite.Connection, number: int, script: str) -> None:
    try:
        await connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            await connection.rollback()
        raise
