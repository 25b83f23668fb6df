"""A store of its own for each test."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import FileStore, Store
from storage.sqlite.database import open_database
from tests.unit.storage.requests import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(empty_database: Path, tmp_path: Path, clock: Clock) -> AsyncGenerator[Store]:
    shutil.copy(empty_database, tmp_path)
    async with open_database(tmp_path / "animate.db") as database:
        yield Store(database, clock)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)
