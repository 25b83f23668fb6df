"""All tables of the SQLite file, for a move to another database (storage/migration/)."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

import aiosqlite

from storage.sql.tables import ABOUT, LEFT_OUT, OWN, PROGRESS, Record, Table, Value
from storage.sqlite.database import connected, exclusive_lock, lock_of
from storage.sqlite.translation import translated_errors

TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
SET_PROGRESS = f"""INSERT INTO {ABOUT} (name, value) VALUES ('{PROGRESS}', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""  # noqa: S608 - constants


class SqliteTables:
    """The file at `path`, by a connection of its own."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.shown = str(path)

    async def tables(self) -> Mapping[str, Table]:
        found: dict[str, Table] = {}
        for name, _ in await self._fetch(TABLES):
            if name not in LEFT_OUT:
                columns = await self._fetch("SELECT name, type, pk FROM pragma_table_info(?)", (name,))
                found[str(name)] = Table(
                    name=str(name),
                    columns=tuple(str(each[0]) for each in columns),
                    key=tuple(str(each[0]) for each in sorted(columns, key=_place_in_key) if each[2]),
                    floats=frozenset(str(each[0]) for each in columns if each[1] == "REAL"),
                )
        return found

    async def count(self, table: Table) -> int:
        return int((await self._fetch(f"SELECT count(*) FROM {table.name}"))[0][0] or 0)  # noqa: S608 - ours

    async def read(self, table: Table, after: Record | None, limit: int) -> Sequence[Record]:
        key = ", ".join(table.key)
        where = f"WHERE ({key}) > ({', '.join('?' * len(table.key))})" if after is not None else ""
        rows = await self._fetch(
            f"SELECT {', '.join(table.columns)} FROM {table.name} {where} ORDER BY {key} LIMIT ?",  # noqa: S608
            (*(after or ()), limit),
        )
        return [table.clean(row) for row in rows]

    async def clear(self, table: Table) -> None:
        async with self._without_triggers():
            keep = f"WHERE name NOT IN {OWN}" if table.name == ABOUT else ""
            await self._fetch(f"DELETE FROM {table.name} {keep}")  # noqa: S608 - ours

    async def write(self, table: Table, records: Sequence[Record], progress: str) -> None:
        columns, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        async with self._without_triggers():
            with translated_errors(self._path):
                await self._connection.executemany(
                    f"INSERT INTO {table.name} ({columns}) VALUES ({marks})",  # noqa: S608 - ours
                    records,
                )
            await self._fetch(SET_PROGRESS, (progress,))

    async def progress(self) -> str | None:
        rows = await self._fetch(f"SELECT value FROM {ABOUT} WHERE name = '{PROGRESS}'")  # noqa: S608
        return str(rows[0][0]) if rows else None

    async def set_progress(self, value: str) -> None:
        await self._fetch(SET_PROGRESS, (value,))

    async def finish(self) -> None:
        await self._fetch(f"DELETE FROM {ABOUT} WHERE name = '{PROGRESS}'")  # noqa: S608 - constants

    @contextlib.asynccontextmanager
    async def _without_triggers(self) -> AsyncGenerator[None]:
        """A transaction in which no trigger stands; undone with all else where the block raises."""
        await self._fetch("BEGIN IMMEDIATE")
        try:
            triggers = await self._fetch(TRIGGERS)
            for name, _ in triggers:
                await self._fetch(f"DROP TRIGGER {name}")
            yield
            for _, sql in triggers:
                await self._fetch(str(sql))
            await self._fetch("COMMIT")
        except BaseException:
            await self._fetch("ROLLBACK")
            raise

    async def _fetch(self, sql: str, values: Sequence[Value] = ()) -> Sequence[sqlite3.Row]:
        with translated_errors(self._path):
            return list(await self._connection.execute_fetchall(sql, values))


def _place_in_key(column: Sequence[Value]) -> int:
    """Which of the key's columns it is, from 1; of a row of pragma_table_info."""
    return int(column[2] or 0)


@contextlib.asynccontextmanager
async def open_tables(path: Path) -> AsyncGenerator[SqliteTables]:
    """The file with the newest schema, held as a bot holds it. Raises StoreInUse, StoreUnavailable."""
    with exclusive_lock(lock_of(path)):
        async with connected(path) as connection:
            yield SqliteTables(connection, path)
