"""All tables of a PostgreSQL database, read and written in batches; nobody else works there meanwhile."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from storage import DatabaseLocation, StoreInUse, open_store
from storage.postgres.locks import hold_lock
from storage.postgres.tables import open_tables
from tests.postgres_server import installed
from tests.unit.storage.engines import empty_postgres
from tests.unit.storage.requests import admit, make_request

pytestmark = pytest.mark.skipif(not installed(), reason="there is no PostgreSQL")


@pytest.fixture
async def location(tmp_path: Path) -> DatabaseLocation:
    return DatabaseLocation(folder=tmp_path, url=await empty_postgres(f"postgres {next(iter(installed()))}"))


@pytest.fixture
async def connection(location: DatabaseLocation) -> AsyncGenerator[asyncpg.Connection]:
    """Another connection to the same database."""
    opened = await asyncpg.connect(location.url)
    yield opened
    await opened.close()


async def test_tables_have_their_columns_and_keys(location: DatabaseLocation) -> None:
    async with open_tables(location) as access:
        tables = await access.tables()
    assert tables["job"].key == ("seq",)
    assert tables["event"].key == ("job", "number")
    assert {"tag", "lease_until"} <= tables["job"].floats
    assert not {"worker", "worker_server"} & tables.keys()


async def test_a_process_that_is_alive_keeps_its_database(
    location: DatabaseLocation, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        """INSERT INTO worker (id, name, role, version, host, started_at, seen_at)
        VALUES ('1', 'gpu-box', 'worker', '1', 'host', 0, extract(epoch FROM now()))"""
    )
    with pytest.raises(StoreInUse, match="gpu-box"):
        async with open_tables(location):
            pass
    await connection.execute("UPDATE worker SET seen_at = extract(epoch FROM now()) - 31")
    async with open_tables(location):
        pass


async def test_a_gateway_keeps_its_database_and_starts_after_the_move(location: DatabaseLocation) -> None:
    async with hold_lock(location.url, "gateway"):
        with pytest.raises(StoreInUse):
            async with open_tables(location):
                pass
    async with open_tables(location):
        with pytest.raises(StoreInUse):
            async with open_tables(location):
                pass


async def test_a_batch_that_fails_leaves_all_as_it_was(location: DatabaseLocation) -> None:
    """The triggers too, which are off while rows are written."""
    async with open_store(location) as store:
        await admit(store, make_request("one"))
    async with open_tables(location) as access:
        table = (await access.tables())["job"]
        [row] = await access.read(table, None, 10)
        with pytest.raises(asyncpg.UniqueViolationError):
            await access.write(table, [row], "half")
        assert await access.progress() is None
    async with open_store(location) as store:
        await admit(store, make_request("two"))
        assert len(await store.history(1)) == 2
    async with open_tables(location) as access:
        person = (await access.tables())["person"]
        [row] = await access.read(person, None, 10)
    assert dict(zip(person.columns, row, strict=True))["queued"] == 2
