"""The engines that the tests of the store run on, and an empty database of each."""

import contextlib
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database, DatabaseLocation
from storage.postgres.database import open_database as open_postgres
from storage.sqlite.database import SqliteDatabase
from storage.sqlite.database import open_database as open_sqlite
from tests.postgres_server import PostgresServer, create_database, installed, shared_server

_made = set[str]()


def engines(config: pytest.Config) -> list[str]:
    """SQLite, and PostgreSQL where it is installed; in a long run each version of it."""
    versions = list(installed())
    return [
        "sqlite",
        *(f"postgres {each}" for each in (versions if config.getoption("--long") else versions[:1])),
    ]


def server_of(engine: str) -> PostgresServer:
    """The server of this run."""
    return shared_server(engine.partition(" ")[2])


@contextlib.asynccontextmanager
async def open_empty(engine: str, folder: Path, empty_database: Path) -> AsyncGenerator[Database]:
    """An empty database of the newest schema, with this process's data in `folder`."""
    if engine == "sqlite":
        shutil.copy(empty_database, folder)
        async with open_sqlite(folder / "animate.db") as database:
            yield database
    else:
        location = DatabaseLocation(folder=folder, url=await empty_postgres(engine))
        async with open_postgres(location) as database:
            yield database


async def empty_postgres(engine: str) -> str:
    """The address of this worker's database, with nothing in it but its schema."""
    server = server_of(engine)
    name = f"test_{os.getpid()}"
    if engine not in _made:
        await create_database(server, name)
        async with open_postgres(DatabaseLocation(folder=Path(), url=server.url(name))):
            _made.add(engine)
    connection = await asyncpg.connect(server.url(name))
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        emptied = (each[0] for each in tables if each[0] not in ("about", "clock"))
        await connection.execute(
            f"""SET session_replication_role = replica;
            {"".join(f"DELETE FROM {each};" for each in emptied)}
            DELETE FROM about WHERE name NOT IN ('instance', 'schema'); UPDATE clock SET tag = 0;
            ALTER SEQUENCE job_seq_seq RESTART"""  # noqa: S608 - the names of our own tables
        )
    finally:
        await connection.close()
    return server.url(name)


async def tables_of(database: Database) -> dict[str, set[str]]:
    """The columns of each table."""
    if isinstance(database, SqliteDatabase):
        sql = """SELECT tables.name AS held_in, columns.name AS called
        FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"""
    else:
        sql = """SELECT columns.table_name AS held_in, column_name AS called
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"""
    tables = defaultdict[str, set[str]](set)
    for row in await database.fetch(sql, {}):
        tables[row["held_in"]].add(row["called"])
    return dict(tables)
