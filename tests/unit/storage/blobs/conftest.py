"""A database for the rows of blobs, and each store that can hold them."""

import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import Blobs
from storage.blobs.blob_store import BlobStore
from storage.blobs.folder import FolderBlobStore
from storage.sqlite.database import SqliteDatabase, open_database
from tests.s3_server import s3_server


@pytest.fixture
async def database(empty_database: Path, tmp_path: Path) -> AsyncGenerator[SqliteDatabase]:
    shutil.copy(empty_database, tmp_path)
    async with open_database(tmp_path / "animate.db") as opened:
        yield opened


@pytest.fixture(params=["folder", "shared", "s3"])
async def blob_store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Each of the stores, checked."""
    match request.param:
        case "folder":
            store: BlobStore = FolderBlobStore(tmp_path)
        case "shared":
            (tmp_path / "shared").mkdir()
            store = FolderBlobStore(tmp_path / "shared", shared=True)
        case _:
            store = s3_server().store()
    await store.check("bot")
    return store


@dataclass
class MovableClock:
    """A time that a test sets."""

    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(database: SqliteDatabase) -> MovableClock:
    database.clock = MovableClock()
    return database.clock


@pytest.fixture
def blobs(blob_store: BlobStore, database: SqliteDatabase, tmp_path: Path, clock: MovableClock) -> Blobs:
    """Those of a bot; their times are those of the clock."""
    return Blobs(blob_store, database, tmp_path, owner="bot")
