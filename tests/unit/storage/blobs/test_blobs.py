"""Pictures and clips as the bot keeps them, in each store; and, in a folder, what files have of their own."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from storage import Blobs
from storage.blobs.blob_store import BlobStore, Kind
from storage.blobs.errors import FilesLeft
from storage.database import Database
from tests.blob_files import clip_path, local_blobs
from tests.unit.storage.blobs.conftest import MovableClock


@pytest.fixture
def files(tmp_path: Path, database: Database) -> Blobs:
    """Those in a folder."""
    return local_blobs(tmp_path, database)


async def keep_clip(blobs: Blobs, name: str) -> None:
    scratch = blobs.scratch_path(name)
    scratch.write_bytes(b"clip")
    await blobs.keep_clip(scratch)


async def read_clip(blobs: Blobs, name: str) -> bytes | None:
    async with blobs.clip(name) as path:
        return path.read_bytes() if path.exists() else None


async def test_a_picture_is_found_by_its_sha256_and_kept_once(blobs: Blobs, blob_store: BlobStore) -> None:
    name = await blobs.save_picture(b"pixels")
    assert name == hashlib.sha256(b"pixels").hexdigest() == await blobs.save_picture(b"pixels")
    assert await blobs.read_picture(name) == b"pixels"
    assert [blob.name async for batch in blob_store.listed(Kind.PICTURE) for blob in batch] == [name]


async def test_a_clip_is_kept_under_its_name_and_scratch_is_empty_afterwards(
    blobs: Blobs, tmp_path: Path
) -> None:
    await keep_clip(blobs, "a.mp4")
    assert await blobs.has_clip("a.mp4")
    assert await read_clip(blobs, "a.mp4") == b"clip"
    assert await read_clip(blobs, "b.mp4") is None
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_the_time_is_that_of_the_rows(blobs: Blobs, clock: MovableClock) -> None:
    old, touched = await blobs.save_picture(b"old"), await blobs.save_picture(b"touched")
    await keep_clip(blobs, "old.mp4")
    clock.time = 3000.0
    await blobs.touch_picture(touched)
    await keep_clip(blobs, "new.mp4")
    assert await blobs.pictures_before(2000.0) == {old}
    assert await blobs.clips_before(2000.0) == {"old.mp4"}
    await blobs.remove_pictures([old, touched], 2000.0)
    await blobs.remove_clips(["old.mp4", "new.mp4"], 2000.0)
    assert await blobs.pictures_before(9e9) == {touched}
    assert await blobs.clips_before(9e9) == {"new.mp4"}


async def test_a_row_whose_blob_is_gone_is_removed_with_the_old_ones(
    blobs: Blobs, blob_store: BlobStore, database: Database
) -> None:
    name = await blobs.save_picture(b"lost")
    await blob_store.remove(Kind.PICTURE, [name])
    assert await blobs.pictures_before(2000.0) == {name}
    await blobs.remove_pictures([name], 2000.0)
    assert await database.fetch("SELECT * FROM blob", {}) == []


async def test_a_blob_without_a_row_counts_by_when_it_was_written(
    blobs: Blobs, blob_store: BlobStore, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"clip")
    await blob_store.put(Kind.CLIP, "left.mp4", source)
    assert await blobs.clips_before(2000.0) == set()
    assert await blobs.clips_before(9e9) == {"left.mp4"}
    await blobs.remove_clips(["left.mp4"], 2000.0)  # chosen by its time before
    assert not await blobs.has_clip("left.mp4")


async def test_all_clips_of_a_job_go_and_no_others(
    blobs: Blobs, blob_store: BlobStore, tmp_path: Path
) -> None:
    for name in ("a1.mp4", "a1.joined.mp4", "a2.mp4"):
        await keep_clip(blobs, name)
    for name in ("a1.fitted.mp4", "a1.mp4.1f.part", "a2.part"):
        blobs.scratch_path(name).write_bytes(b"half")
    await blobs.remove_clips_of("a1")
    assert await blobs.clips_before(9e9) == {"a2.mp4"}
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["a2.part"]


async def test_the_joined_clips_of_these_jobs_go(blobs: Blobs) -> None:
    for name in ("a.mp4", "a.joined.mp4", "b.joined.mp4"):
        await keep_clip(blobs, name)
    await blobs.remove_joined_of(["a"])
    assert await blobs.clips_before(9e9) == {"a.mp4", "b.joined.mp4"}


async def test_a_picture_that_was_saved_again_meanwhile_stays(blobs: Blobs, clock: MovableClock) -> None:
    name = await blobs.save_picture(b"picture")
    clock.time = 2000.0
    await blobs.touch_picture(name)
    assert not await blobs.remove_picture(name, before=1500.0)
    assert await blobs.read_picture(name) == b"picture"
    assert await blobs.remove_picture(name, before=2000.0)
    with pytest.raises(FileNotFoundError):
        await blobs.touch_picture(name)


async def test_what_a_person_has_is_counted(blobs: Blobs, database: Database) -> None:
    assert await blobs.count_of(1) == (0, 0)


async def test_a_picture_that_is_not_there_is_said_so(files: Blobs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await files.read_picture("00")


def set_age(path: Path) -> None:
    os.utime(path, (1000.0, 1000.0))


async def test_a_picture_is_half_written_in_scratch_only(
    files: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no room")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no room"):
        await files.save_picture(b"picture")
    assert all_files(tmp_path) == []


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]


async def test_a_folder_in_place_of_a_file_is_removed(files: Blobs, tmp_path: Path) -> None:
    name = hashlib.sha256(b"picture").hexdigest()
    for path in (clip_path(files, "a1.mp4"), clip_path(files, "tmpabc"), tmp_path / "pictures" / name):
        path.mkdir()
        (path / "inside").write_bytes(b"left by a kill")
        set_age(path)
    await files.remove_clips(["tmpabc"], 2000.0)
    await files.remove_clips_of("a1")
    assert list((tmp_path / "clips").iterdir()) == []
    assert await files.save_picture(b"picture") == name
    assert await files.read_picture(name) == b"picture"


async def test_a_link_is_removed_and_what_it_leads_to_is_not(files: Blobs, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").write_bytes(b"kept")
    clip_path(files, "a1.mp4").symlink_to(other)
    await files.remove_clips_of("a1")
    assert list((tmp_path / "clips").iterdir()) == []
    assert (other / "kept").exists()


async def test_one_file_that_cannot_be_removed_stops_no_other(
    files: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        clip_path(files, name).write_bytes(b"clip")
        set_age(clip_path(files, name))
    refuse_removal(monkeypatch, "b.mp4")
    with pytest.raises(FilesLeft, match="1 cannot be removed, the first: busy"):
        await files.remove_clips(["a.mp4", "b.mp4", "c.mp4"], 2000.0)
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["b.mp4"]


def refuse_removal(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the file of that name be one that another program holds, as on Windows."""
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == name:
            raise PermissionError("busy")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)


async def test_a_job_without_a_picture_has_none(files: Blobs, tmp_path: Path) -> None:
    for access in (files.read_picture, files.touch_picture):
        with pytest.raises(FileNotFoundError):
            await access("")


async def test_a_clip_whose_place_is_held_is_put_there_when_it_is_let_go(
    files: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, replace = list[Path](), Path.replace

    def refuse(path: Path, target: Path) -> Path:
        tried.append(path)
        if len(tried) < 3:
            raise PermissionError(errno.EACCES, "used by another process")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    scratch = files.scratch_path("a.mp4")
    scratch.write_bytes(b"clip")
    await files.keep_clip(scratch)
    assert await read_clip(files, "a.mp4") == b"clip"
    monkeypatch.setattr("storage.blobs.removal.REPLACE_SECONDS", 0.01)
    tried.clear()
    scratch.write_bytes(b"clip")
    with pytest.raises(PermissionError):
        await files.keep_clip(scratch)
    assert scratch.exists()


async def test_two_files_of_one_name_in_scratch_are_two_and_go_with_their_job(
    files: Blobs, tmp_path: Path
) -> None:
    paths = {files.unique_scratch_path("a1.fitted.mp4") for _ in range(2)}
    assert len(paths) == 2
    for path in paths:
        path.write_bytes(b"clip")
    assert {path.suffix for path in paths} == {".mp4"}
    await files.remove_clips_of("a1")
    assert all_files(tmp_path) == []
