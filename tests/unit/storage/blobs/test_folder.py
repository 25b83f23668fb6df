"""What is particular to a folder that several machines share."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from storage.blobs.blob_store import OWNER, Kind
from storage.blobs.errors import BlobsRefused, BlobsUnavailable
from storage.blobs.folder import FolderBlobStore


@pytest.fixture
async def shared(tmp_path: Path) -> FolderBlobStore:
    (tmp_path / "shared").mkdir()
    store = FolderBlobStore(tmp_path / "shared", shared=True)
    await store.check("bot")
    return store


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"clip")
    return path


async def test_a_shared_folder_whose_disk_is_gone_has_lost_nothing(
    shared: FolderBlobStore, source: Path, tmp_path: Path
) -> None:
    await shared.put(Kind.CLIP, "a.mp4", source)
    (tmp_path / "shared").rename(tmp_path / "away")
    (tmp_path / "shared").mkdir()  # the mount point stays
    for question in (
        shared.read(Kind.CLIP, "a.mp4"),
        shared.exists(Kind.CLIP, "a.mp4"),
        shared.remove(Kind.CLIP, ["a.mp4"]),
    ):
        with pytest.raises(BlobsUnavailable, match="is its disk mounted"):
            await question
    with pytest.raises(BlobsUnavailable):
        async with shared.open(Kind.CLIP, "a.mp4", tmp_path / "copy"):
            pass
    with pytest.raises(BlobsUnavailable):
        [each async for each in shared.listed(Kind.CLIP)]


async def test_a_folder_that_is_not_there_is_not_made_where_others_share_it(tmp_path: Path) -> None:
    with pytest.raises(BlobsRefused, match="cannot be used"):
        FolderBlobStore(tmp_path / "not" / "there", shared=True)
    FolderBlobStore(tmp_path / "our" / "own")


async def test_a_clip_comes_whole_from_another_disk_or_not_at_all(
    shared: FolderBlobStore, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def of_another_disk(path: Path, target: Path) -> Path:
        if path == source:
            raise OSError(errno.EXDEV, "another disk")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", of_another_disk)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no room")))
        with pytest.raises(OSError, match="no room"):
            await shared.put(Kind.CLIP, "a.mp4", source)
    assert not await shared.exists(Kind.CLIP, "a.mp4")
    await shared.put(Kind.CLIP, "a.mp4", source)
    assert await shared.read(Kind.CLIP, "a.mp4") == b"clip"
    assert not await asyncio.to_thread(source.exists)
    assert list((tmp_path / "shared" / "parts").iterdir()) == []


async def test_what_a_kill_left_half_copied_is_swept(shared: FolderBlobStore, tmp_path: Path) -> None:
    parts = tmp_path / "shared" / "parts"
    parts.mkdir()
    for name, at in (("old", 1000.0), ("young", 9000.0)):
        part = parts / name
        part.write_bytes(b"half")
        os.utime(part, (at, at))
    await shared.sweep(5000.0)
    assert [path.name for path in parts.iterdir()] == ["young"]


async def test_a_disk_that_does_not_answer_is_waited_for(
    shared: FolderBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(path: Path) -> bytes:
        raise OSError(errno.ESTALE, "stale file handle")

    monkeypatch.setattr(Path, "read_bytes", stale)
    with pytest.raises(BlobsUnavailable, match="does not answer"):
        await shared.read(Kind.PICTURE, "ab")


async def test_a_folder_that_cannot_be_written_is_refused(shared: FolderBlobStore, tmp_path: Path) -> None:
    (tmp_path / "shared" / OWNER).unlink()
    (tmp_path / "shared" / OWNER).mkdir()
    with pytest.raises(BlobsRefused, match="cannot be written"):
        await shared.check("bot")
