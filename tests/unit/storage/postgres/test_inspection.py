"""What is said of a PostgreSQL server before the bot works there."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import DatabaseLocation, StoreUnavailable
from storage.postgres.database import open_database
from storage.postgres.inspection import inspect_server
from storage.postgres.schema import migrations
from tests.postgres_server import create_database, drop_database, installed, shared_server

pytestmark = pytest.mark.skipif(not installed(), reason="there is no PostgreSQL")


@pytest.fixture
async def location(tmp_path: Path) -> AsyncGenerator[DatabaseLocation]:
    """An empty database."""
    server, name = shared_server(), f"inspected_{os.getpid()}"
    await drop_database(server, name)
    yield DatabaseLocation(folder=tmp_path, url=await create_database(server, name))
    await drop_database(server, name)


async def test_the_schema_is_that_of_the_tables_which_are_there(location: DatabaseLocation) -> None:
    assert (await inspect_server(location)).schema == 0
    async with open_database(location):
        report = await inspect_server(location)
    assert report.schema == max(migrations())
    assert report.version.startswith(next(iter(installed())))
    assert report.may_create
    assert report.notifies
    assert abs(report.ahead) < 60  # of the same machine, which may be busy
    assert report.held is None


async def test_a_server_that_does_not_answer_is_unavailable(location: DatabaseLocation) -> None:
    gone = DatabaseLocation(folder=location.folder, url="postgresql://a:b@127.0.0.1:1/c")
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/c cannot be reached"):
        await inspect_server(gone)
