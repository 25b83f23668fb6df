"""The schema of PostgreSQL is that of SQLite; several processes bring it up to date at once."""

import asyncio
from pathlib import Path

from storage import DatabaseLocation, Store, open_store
from storage.postgres import schema
from storage.sqlite import database as sqlite
from tests.postgres_server import create_database
from tests.unit.storage.engines import server_of, tables_of


def test_the_newest_schema_has_the_same_number_and_name() -> None:
    ours, theirs = schema.migrations(), sqlite.migrations()
    assert max(ours) == max(theirs)
    shared = [number for number in ours if number > 14]
    assert [ours[number].name for number in shared] == [theirs[number].name for number in shared]


async def test_tables_and_columns_are_the_same(url: str, tmp_path: Path, sqlite_store: Store) -> None:
    async with open_store(DatabaseLocation(folder=tmp_path, url=url)) as store:
        assert await tables_of(store.database) == await tables_of(sqlite_store.database)


async def test_processes_that_start_together_make_one_schema(postgres: str, tmp_path: Path) -> None:
    url = await create_database(server_of(postgres), f"together_{id(tmp_path)}")

    async def instance() -> str:
        async with open_store(DatabaseLocation(folder=tmp_path, url=url)) as store:
            return await store.instance()

    assert len(set(await asyncio.gather(*(instance() for _ in range(4))))) == 1
