"""A store of its own for each test, on each engine."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import Blobs, Store
from storage.database import Database
from tests.blob_files import local_blobs
from tests.unit.storage.engines import engines, open_empty
from tests.unit.storage.requests import Clock


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that uses the store runs on each engine; of a module with OTHER_ENGINES, on those but SQLite.

    Where there is no other, it runs on SQLite.
    """
    if "engine" in metafunc.fixturenames:
        every = engines(metafunc.config)
        others = every[1:] if hasattr(metafunc.module, "OTHER_ENGINES") else []
        metafunc.parametrize("engine", others or every, scope="module")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(engine: str, empty_database: Path, tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_empty(engine, tmp_path, empty_database) as opened:
        yield opened


@pytest.fixture
def store(database: Database, clock: Clock) -> Store:
    return Store(database, clock)


@pytest.fixture
async def sqlite_store(empty_database: Path, tmp_path: Path, clock: Clock) -> AsyncGenerator[Store]:
    """For what SQLite's file or planner does."""
    async with open_empty("sqlite", tmp_path, empty_database) as opened:
        yield Store(opened, clock)


@pytest.fixture
def files(tmp_path: Path, store: Store) -> Blobs:
    return local_blobs(tmp_path, store.database)
