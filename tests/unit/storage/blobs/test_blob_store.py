"""What every store of pictures and clips does: a folder, a shared folder, and S3."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from storage.blobs.blob_store import BlobStore, Kind
from storage.blobs.errors import BlobsRefused
from storage.blobs.s3 import CHUNK_BYTES


def written(folder: Path, content: bytes) -> Path:
    """A file to be kept."""
    path = folder / f"{os.urandom(4).hex()}.part"
    path.write_bytes(content)
    return path


async def names(store: BlobStore, kind: Kind, prefix: str = "") -> set[str]:
    return {blob.name async for batch in store.listed(kind, prefix) for blob in batch}


async def test_what_is_kept_is_read_again_and_its_source_is_gone(
    blob_store: BlobStore, tmp_path: Path
) -> None:
    source = written(tmp_path, b"pixels")
    await blob_store.put(Kind.PICTURE, "ab", source)
    assert await blob_store.read(Kind.PICTURE, "ab") == b"pixels"
    assert await blob_store.exists(Kind.PICTURE, "ab")
    assert not await blob_store.exists(Kind.CLIP, "ab")
    assert not source.exists()


async def test_what_is_not_there_is_said_so(blob_store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await blob_store.read(Kind.PICTURE, "ab")
    async with blob_store.open(Kind.CLIP, "a.mp4", tmp_path / "copy") as path:
        assert not path.exists()


async def test_a_clip_of_several_parts_is_a_local_file_for_a_while(
    blob_store: BlobStore, tmp_path: Path
) -> None:
    content, copy = os.urandom(CHUNK_BYTES + 5), tmp_path / "copy"
    await blob_store.put(Kind.CLIP, "a.mp4", written(tmp_path, content))
    async with blob_store.open(Kind.CLIP, "a.mp4", copy) as path:
        assert await asyncio.to_thread(path.read_bytes) == content
    assert not copy.exists()
    assert await blob_store.exists(Kind.CLIP, "a.mp4")


async def test_another_of_the_same_name_takes_its_place(blob_store: BlobStore, tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        await blob_store.put(Kind.CLIP, "a.mp4", written(tmp_path, content))
    assert await blob_store.read(Kind.CLIP, "a.mp4") == b"new"


async def test_those_that_begin_so_are_listed_with_their_times(blob_store: BlobStore, tmp_path: Path) -> None:
    for name in ("a1.mp4", "a1.joined.mp4", "a2.mp4", "b.mp4"):
        await blob_store.put(Kind.CLIP, name, written(tmp_path, b"clip"))
    await blob_store.put(Kind.PICTURE, "a1", written(tmp_path, b"picture"))
    assert await names(blob_store, Kind.CLIP) == {"a1.mp4", "a1.joined.mp4", "a2.mp4", "b.mp4"}
    assert await names(blob_store, Kind.CLIP, "a1") == {"a1.mp4", "a1.joined.mp4"}
    assert await names(blob_store, Kind.CLIP, "c") == set()
    times = [blob.modified async for batch in blob_store.listed(Kind.PICTURE) for blob in batch]
    assert times == [pytest.approx(time.time(), abs=60)]


async def test_those_that_are_there_are_removed(blob_store: BlobStore, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        await blob_store.put(Kind.CLIP, name, written(tmp_path, b"clip"))
    await blob_store.remove(Kind.CLIP, ["a.mp4", "gone.mp4"])
    await blob_store.remove(Kind.CLIP, [])
    assert await names(blob_store, Kind.CLIP) == {"b.mp4"}


async def test_only_a_store_with_links_gives_one(blob_store: BlobStore, tmp_path: Path) -> None:
    await blob_store.put(Kind.CLIP, "a.mp4", written(tmp_path, b"clip"))
    assert bool(await blob_store.link(Kind.CLIP, "a.mp4", 60)) == blob_store.has_links


async def test_a_store_that_others_may_use_belongs_to_one_bot(
    blob_store: BlobStore, request: pytest.FixtureRequest
) -> None:
    await blob_store.check("bot")
    if request.node.callspec.params["blob_store"] == "folder":
        return await blob_store.check("other")  # whose database is in that folder
    with pytest.raises(BlobsRefused, match="belongs to another bot"):
        await blob_store.check("other")
    return None


async def test_sweeping_keeps_what_is_whole(blob_store: BlobStore, tmp_path: Path) -> None:
    await blob_store.put(Kind.CLIP, "a.mp4", written(tmp_path, b"clip"))
    await blob_store.sweep(time.time() + 60)
    assert await names(blob_store, Kind.CLIP) == {"a.mp4"}
