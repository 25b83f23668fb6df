"""What is particular to S3: links, and every way in which a server fails."""

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from storage.blobs.blob_store import Kind
from storage.blobs.errors import BlobsRefused, BlobsUnavailable
from storage.blobs.s3 import Keys, S3BlobStore
from tests.s3_server import KEYS, QUICK, S3Server, cut, fails, fails_once, s3_server, silent_until


@pytest.fixture
def server() -> Iterator[S3Server]:
    yield s3_server()
    s3_server().fault = None


async def put(store: S3BlobStore, folder: Path, content: bytes = b"clip") -> None:
    source = folder / "source"
    source.write_bytes(content)
    await store.put(Kind.CLIP, "a.mp4", source)


async def open_clip(store: S3BlobStore, folder: Path) -> None:
    async with store.open(Kind.CLIP, "a.mp4", folder / "copy"):
        pass


async def list_clips(store: S3BlobStore, _: Path) -> None:
    async for _each in store.listed(Kind.CLIP):
        pass


Operation = Callable[[S3BlobStore, Path], Awaitable[object]]
OPERATIONS: dict[str, Operation] = {
    "check": lambda store, _: store.check("bot"),
    "put": put,
    "exists": lambda store, _: store.exists(Kind.CLIP, "a.mp4"),
    "read": lambda store, _: store.read(Kind.CLIP, "a.mp4"),
    "open": open_clip,
    "list": list_clips,
    "remove": lambda store, _: store.remove(Kind.CLIP, ["a.mp4"]),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@each_operation
async def test_a_server_that_fails_is_asked_again_and_then_unavailable(
    server: S3Server, tmp_path: Path, operation: Operation
) -> None:
    store = server.store()
    await put(store, tmp_path)
    server.fault = fails_once()
    await operation(store, tmp_path)
    server.fault = fails
    with pytest.raises(BlobsUnavailable, match="does not answer") as failure:
        await operation(store, tmp_path)
    assert not isinstance(failure.value, BlobsRefused)


@each_operation
async def test_a_server_that_is_gone_is_unavailable(tmp_path: Path, operation: Operation) -> None:
    bucket = replace(s3_server().bucket(), endpoint="http://127.0.0.1:9")
    with pytest.raises(BlobsUnavailable):
        await operation(S3BlobStore(bucket, KEYS, QUICK), tmp_path)


@each_operation
async def test_a_bucket_that_is_missing_is_said_so_and_is_no_missing_clip(
    server: S3Server, tmp_path: Path, operation: Operation
) -> None:
    store = S3BlobStore(replace(server.bucket(), name="nowhere"), KEYS, QUICK)
    with pytest.raises(BlobsRefused, match="there is no such bucket"):
        await operation(store, tmp_path)


@each_operation
async def test_keys_that_are_refused_are_said_so_without_the_secret(
    server: S3Server, tmp_path: Path, operation: Operation
) -> None:
    keys = Keys(access="AKIAOTHER", secret="not-to-be-told")
    with pytest.raises(BlobsRefused, match="look at AWS_ACCESS_KEY_ID") as failure:
        await operation(S3BlobStore(server.bucket(), keys, QUICK), tmp_path)
    assert "not-to-be-told" not in str(failure.value)
    assert failure.value.__cause__ is None


async def test_a_server_that_says_nothing_is_not_waited_for_longer_than_the_timeouts(
    server: S3Server, tmp_path: Path
) -> None:
    store, released = server.store(), threading.Event()
    server.fault = silent_until(released)
    try:
        async with asyncio.timeout(5):
            with pytest.raises(BlobsUnavailable):
                await store.exists(Kind.CLIP, "a.mp4")
    finally:
        released.set()


async def test_half_a_clip_is_no_clip(server: S3Server, tmp_path: Path) -> None:
    store = server.store()
    await put(store, tmp_path, b"x" * 10_000)
    server.fault = cut
    with pytest.raises(BlobsUnavailable):
        await open_clip(store, tmp_path)
    with pytest.raises(BlobsUnavailable):
        await store.read(Kind.CLIP, "a.mp4")
    assert not (tmp_path / "copy").exists()


async def test_a_link_gives_the_clip_to_anybody_until_it_is_removed(server: S3Server, tmp_path: Path) -> None:
    store = server.store()
    await put(store, tmp_path)
    url = await store.link(Kind.CLIP, "a.mp4", 3600)
    assert parse_qs(urlsplit(url or "").query)["X-Amz-Expires"] == ["3600"]
    assert await asyncio.to_thread(load, url or "") == (b"clip", "video/mp4")
    await store.remove(Kind.CLIP, ["a.mp4"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await asyncio.to_thread(load, url or "")


def load(url: str) -> tuple[bytes, str]:
    """What anybody gets from there."""
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own server
        return response.read(), response.headers["Content-Type"]


async def test_a_link_lasts_no_longer_than_s3_allows(server: S3Server) -> None:
    url = await server.store().link(Kind.CLIP, "a.mp4", 30 * 86400)
    assert parse_qs(urlsplit(url or "").query)["X-Amz-Expires"] == ["604800"]
