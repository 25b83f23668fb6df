"""All tables of a PostgreSQL database, for a move to another database (storage/migration/)."""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from storage.database import DatabaseLocation
from storage.errors import StoreInUse
from storage.postgres.driver import load_asyncpg
from storage.postgres.locks import TRY_LOCK, key_of
from storage.postgres.schema import check_current, migrate
from storage.postgres.translation import place_of, translated_errors, translated_opening
from storage.sql.tables import ABOUT, LEFT_OUT, OWN, PROGRESS, Record, Table

CONNECT_SECONDS = 5.0
GATEWAY = "gateway"  # the lock that a gateway holds
LIVING = "SELECT name FROM worker WHERE seen_at > extract(epoch FROM now()) - 30 ORDER BY name"
COLUMNS = """
SELECT c.relname, a.attname, a.atttypid = 'double precision'::regtype AS is_float,
    array_position(i.indkey::int2[], a.attnum) AS place
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname, a.attnum
"""
SEQUENCES = """
SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""
SET_PROGRESS = f"""INSERT INTO {ABOUT} (name, value) VALUES ('{PROGRESS}', $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""  # noqa: S608 - constants


class PostgresTables:
    """The database of `connection`; `shown`: its address without the password."""

    def __init__(self, connection: Any, shown: str) -> None:
        self._connection = connection
        self.shown = shown

    async def tables(self) -> Mapping[str, Table]:
        rows = [row for row in await self._connection.fetch(COLUMNS) if row["relname"] not in LEFT_OUT]
        found: dict[str, Table] = {}
        for name in dict.fromkeys(row["relname"] for row in rows):
            columns = [row for row in rows if row["relname"] == name]
            key = sorted((row for row in columns if row["place"] is not None), key=lambda row: row["place"])
            found[name] = Table(
                name=name,
                columns=tuple(row["attname"] for row in columns),
                key=tuple(row["attname"] for row in key),
                floats=frozenset(row["attname"] for row in columns if row["is_float"]),
            )
        return found

    async def count(self, table: Table) -> int:
        return await self._connection.fetchval(f"SELECT count(*) FROM {table.name}")  # noqa: S608 - ours

    async def read(self, table: Table, after: Record | None, limit: int) -> Sequence[Record]:
        key = ", ".join(table.key)
        marks = ", ".join(f"${number}" for number, _ in enumerate(table.key, start=2))
        where = f"WHERE ({key}) > ({marks})" if after is not None else ""
        columns = ", ".join(f'"{each}"' for each in table.columns)
        rows = await self._connection.fetch(
            f"SELECT {columns} FROM {table.name} {where} ORDER BY {key} LIMIT $1",  # noqa: S608 - ours
            limit,
            *(after or ()),
        )
        return [table.clean(tuple(row)) for row in rows]

    async def clear(self, table: Table) -> None:
        async with self._without_triggers(table):
            keep = f"WHERE name NOT IN {OWN}" if table.name == ABOUT else ""
            await self._connection.execute(f"DELETE FROM {table.name} {keep}")  # noqa: S608 - ours

    async def write(self, table: Table, records: Sequence[Record], progress: str) -> None:
        async with self._without_triggers(table):
            await self._connection.copy_records_to_table(table.name, records=records, columns=table.columns)
            await self._connection.execute(SET_PROGRESS, progress)

    async def progress(self) -> str | None:
        return await self._connection.fetchval(f"SELECT value FROM {ABOUT} WHERE name = '{PROGRESS}'")  # noqa: S608

    async def set_progress(self, value: str) -> None:
        await self._connection.execute(SET_PROGRESS, value)

    async def finish(self) -> None:
        async with self._connection.transaction():
            for table, column, sequence in await self._connection.fetch(SEQUENCES):
                await self._connection.execute(
                    f"SELECT setval($1::text::regclass, max({column})) FROM {table} HAVING max({column}) > 0",  # noqa: S608
                    sequence,
                )
            await self._connection.execute(f"DELETE FROM {ABOUT} WHERE name = '{PROGRESS}'")  # noqa: S608

    @contextlib.asynccontextmanager
    async def _without_triggers(self, table: Table) -> AsyncGenerator[None]:
        """A transaction in which no trigger of the table fires."""
        async with self._connection.transaction():
            await self._connection.execute(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
            yield
            await self._connection.execute(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")


@contextlib.asynccontextmanager
async def open_tables(location: DatabaseLocation, *, create: bool = False) -> AsyncGenerator[PostgresTables]:
    """The database with the newest schema, which is made with `create`; no gateway starts meanwhile.

    Raises StoreInUse where a process of the bot works there, StoreError with what to do.
    """
    url = location.listen_url or location.url
    with translated_opening(url):
        connection = await load_asyncpg().connect(url, timeout=CONNECT_SECONDS)
        try:
            await (migrate if create else check_current)(connection)
        except BaseException:
            await connection.close()
            raise
    try:
        with translated_errors():
            await _refuse_living(connection, place_of(url))
            yield PostgresTables(connection, place_of(url))
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=CONNECT_SECONDS)


async def _refuse_living(connection: Any, place: str) -> None:
    """Take the lock of the gateway, and look for heartbeats. Raises StoreInUse."""
    names = [row["name"] for row in await connection.fetch(LIVING)]
    if names or not await connection.fetchval(TRY_LOCK, key_of(GATEWAY)):
        who = f" ({', '.join(names)})" if names else ""
        raise StoreInUse(f"processes of the bot work with the database {place}{who}: end them first")
