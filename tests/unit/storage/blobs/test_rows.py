"""A save and a removal of one picture at the same time: it is never lost, whatever comes first."""

import asyncio
import contextlib
from collections.abc import Collection
from pathlib import Path

import pytest

from storage import Blobs
from storage.blobs.blob_store import Kind
from storage.blobs.errors import BlobsUnavailable, FilesLeft
from storage.blobs.folder import FolderBlobStore
from storage.blobs.rows import MARK_SECONDS, BlobRows
from storage.database import Database
from tests.unit.storage.blobs.conftest import MovableClock

PIXELS = b"pixels"


class HeldStore(FolderBlobStore):
    """A folder whose next writing or removal waits until the test lets it go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.begun, self.released = asyncio.Event(), asyncio.Event()

    async def put(self, kind: Kind, name: str, source: Path) -> None:
        await self._hold()
        await super().put(kind, name, source)

    async def remove(self, kind: Kind, names: Collection[str]) -> None:
        if names:
            await self._hold()
        await super().remove(kind, names)

    async def _hold(self) -> None:
        self.begun.set()
        await self.released.wait()


@pytest.fixture
def held(tmp_path: Path) -> HeldStore:
    return HeldStore(tmp_path)


def process(store: FolderBlobStore, database: Database, folder: Path) -> Blobs:
    """What another process has: nothing in common but the rows and the folder."""
    return Blobs(store, database, folder, owner="bot")


async def test_who_saves_waits_until_a_removal_has_ended_and_then_writes_it_anew(
    held: HeldStore, database: Database, tmp_path: Path, clock: MovableClock
) -> None:
    other = process(FolderBlobStore(tmp_path), database, tmp_path)
    name = await other.save_picture(PIXELS)
    removing = asyncio.create_task(process(held, database, tmp_path).remove_pictures([name], clock.time))
    await held.begun.wait()
    saving = asyncio.create_task(other.save_picture(PIXELS))
    done, _ = await asyncio.wait([saving], timeout=0.1)
    assert not done, "it would be removed behind its back"
    held.released.set()
    await removing
    assert await saving == name
    assert await other.read_picture(name) == PIXELS
    assert await database.fetch("SELECT name FROM blob", {})


async def test_what_is_being_saved_is_not_removed(
    held: HeldStore, database: Database, tmp_path: Path, clock: MovableClock
) -> None:
    other = process(FolderBlobStore(tmp_path), database, tmp_path)
    clock.time = 5000.0
    saving = asyncio.create_task(process(held, database, tmp_path).save_picture(PIXELS))
    await held.begun.wait()
    [row] = await database.fetch("SELECT name FROM blob", {})
    await other.remove_pictures([row["name"]], 4000.0)
    held.released.set()
    assert await other.read_picture(await saving) == PIXELS


async def test_many_saves_and_removals_at_once_lose_nothing_that_was_saved_last(
    database: Database, tmp_path: Path
) -> None:
    blobs = Blobs(FolderBlobStore(tmp_path), database, tmp_path, owner="bot")
    name = await blobs.save_picture(PIXELS)

    async def save() -> None:
        await blobs.save_picture(PIXELS)
        await blobs.read_picture(name)  # raises where it is lost

    async def remove(before: float) -> None:
        await blobs.remove_picture(name, before)

    async with asyncio.timeout(10):
        [row] = await database.fetch("SELECT saved_at FROM blob", {})
        await asyncio.gather(*(each for _ in range(8) for each in (save(), remove(row["saved_at"]))))
        assert await blobs.read_picture(name) == PIXELS


async def test_the_mark_of_a_process_that_was_killed_is_void_after_a_while(
    database: Database, clock: MovableClock
) -> None:
    rows = BlobRows(database)
    await rows.save(Kind.PICTURE, "ab")
    with contextlib.suppress(asyncio.CancelledError):
        async with rows.removing(Kind.PICTURE, ["ab"], clock.time) as marked:
            assert marked == ["ab"]
            raise asyncio.CancelledError
    async with rows.removing(Kind.PICTURE, ["ab"], clock.time) as marked:
        assert marked == []
    clock.time += MARK_SECONDS
    await rows.save(Kind.PICTURE, "ab")
    async with rows.removing(Kind.PICTURE, ["ab"], clock.time) as marked:
        assert marked == ["ab"]


async def test_who_waits_too_long_for_a_removal_is_told(
    database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.blobs.rows.WAIT_SECONDS", 0.1)
    rows = BlobRows(database)
    async with rows.removing(Kind.PICTURE, ["ab"], clock.time):
        with pytest.raises(BlobsUnavailable, match="is being removed"):
            await rows.save(Kind.PICTURE, "ab")


async def test_what_could_not_be_removed_may_be_saved_at_once(
    database: Database, clock: MovableClock
) -> None:
    rows = BlobRows(database)
    for name in ("gone", "stuck"):
        await rows.save(Kind.CLIP, name)
    with pytest.raises(FilesLeft):
        async with rows.removing(Kind.CLIP, ["gone", "stuck"], clock.time):
            raise FilesLeft("busy", ["stuck"])
    assert [page async for page in rows.all(Kind.CLIP)] == [{"stuck": clock.time}]
    await rows.save(Kind.CLIP, "stuck")


async def test_pages_of_rows_are_read_to_the_end(
    database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.blobs.rows.NAMES_PER_PAGE", 2)
    rows = BlobRows(database)
    for name in "abcde":
        await rows.save(Kind.CLIP, name)
    pages = [sorted(page) async for page in rows.all(Kind.CLIP)]
    assert pages == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_clip_whose_job_is_deleted_while_it_is_written_does_not_stay(
    held: HeldStore, database: Database, tmp_path: Path
) -> None:
    worker = process(held, database, tmp_path)
    scratch = worker.scratch_path("a1.mp4")
    scratch.write_bytes(b"clip")
    keeping = asyncio.create_task(worker.keep_clip(scratch))
    await held.begun.wait()
    scratch.rename(tmp_path / "elsewhere")  # of another machine: not in the scratch of whoever deletes
    await process(FolderBlobStore(tmp_path), database, tmp_path).remove_clips_of("a1")
    (tmp_path / "elsewhere").rename(scratch)
    held.released.set()
    await keeping
    assert list((tmp_path / "clips").iterdir()) == []
    assert await database.fetch("SELECT * FROM blob", {}) == []
