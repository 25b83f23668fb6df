"""Blobs as objects in a bucket of an S3 store, by obstore. Nothing but `opening` imports this module."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from storage.blobs.blob_store import FOLDERS, OWNER, Kind, StoredBlob
from storage.blobs.errors import BlobsRefused, BlobsUnavailable
from storage.blobs.folder import belongs_to_another

if TYPE_CHECKING:  # obstore defines them for type checkers only
    from obstore.store import S3Config

MAX_LINK_SECONDS = 7 * 86400.0  # AWS Signature Version 4, "Authenticating Requests: Using Query Parameters"
CHUNK_BYTES = 8 << 20  # of an upload or download that are in memory at once, twice
NAMES_PER_PAGE = 1000  # ListObjectsV2 gives no more
CONTENT_TYPES = {Kind.PICTURE: "image/png", Kind.CLIP: "video/mp4"}
# Codes that no repetition mends ("Error responses", Amazon S3 API Reference), and what does.
KEYS = "the keys are refused ({code}): look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
REFUSALS = {
    "NoSuchBucket": "there is no such bucket: make it, or change BLOB_URL",
    "InvalidBucketName": "there is no such bucket: make it, or change BLOB_URL",
    "PermanentRedirect": "the bucket is in another region: set it in BLOB_URL, ?region=…",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set it in BLOB_URL, ?region=…",
    "RequestTimeTooSkewed": "the clock of this machine is wrong: set it",
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken"), KEYS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The two keys of an S3 account; empty ones are looked for where AWS's own programs look."""

    access: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where in an S3 store: `prefix` before all names; `endpoint` empty for AWS itself."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two bytes, for a request without a blob, for one with it; and `tries`."""

    connect: float = 5.0
    silence: float = 20.0
    request: float = 30.0
    transfer: float = 300.0
    tries: int = 3


class S3BlobStore:
    """Pictures and clips below the prefix of a bucket."""

    def __init__(self, bucket: Bucket, keys: Keys, timeouts: Timeouts | None = None) -> None:
        self._name = f"s3://{bucket.name}/{bucket.prefix}".rstrip("/")
        self._timeouts = times = timeouts or Timeouts()
        config: S3Config = {"region": bucket.region, "virtual_hosted_style_request": False}
        if keys.access:
            config |= {"access_key_id": keys.access, "secret_access_key": keys.secret}
        if bucket.endpoint:
            config |= {"endpoint": bucket.endpoint}
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=times.connect),
                "read_timeout": timedelta(seconds=times.silence),
                "timeout": timedelta(seconds=times.transfer),
            },
            retry_config={
                "max_retries": times.tries - 1,
                "retry_timeout": timedelta(seconds=times.request),
                "backoff": {
                    "init_backoff": timedelta(seconds=0.1),
                    "max_backoff": timedelta(seconds=2),
                    "base": 2,
                },
            },
        )

    @property
    def has_links(self) -> bool:
        """True."""
        return True

    async def check(self, owner: str) -> None:
        """Read and write the object that says whose this is. Raises BlobsRefused."""
        async with self._answered(self._timeouts.request):
            known = await self._known_owner()
            if known not in ("", owner):
                raise BlobsRefused(belongs_to_another(self._name))
            await obstore.put_async(self._store, OWNER, owner.encode())

    async def _known_owner(self) -> str:
        try:
            result = await obstore.get_async(self._store, OWNER)
            return bytes(await result.bytes_async()).decode(errors="replace").strip()
        except FileNotFoundError as err:
            if _code_of(err) == "NoSuchBucket":
                raise
            return ""

    async def put(self, kind: Kind, name: str, source: Path) -> None:
        """Upload the file at `source` in parts, then remove it. Raises OSError."""
        async with self._answered(self._timeouts.transfer):
            await obstore.put_async(
                self._store,
                _path(kind, name),
                source,
                attributes={"Content-Type": CONTENT_TYPES[kind]},
                chunk_size=CHUNK_BYTES,
                max_concurrency=2,
            )
        await asyncio.to_thread(source.unlink, missing_ok=True)

    async def exists(self, kind: Kind, name: str) -> bool:
        """Whether there is an object of that name."""
        async with self._answered(self._timeouts.request):
            try:
                await obstore.head_async(self._store, _path(kind, name))
            except FileNotFoundError:
                await self._require_bucket()
                return False
        return True

    async def read(self, kind: Kind, name: str) -> bytes:
        """All its bytes. Raises FileNotFoundError."""
        async with self._answered(self._timeouts.transfer):
            try:
                result = await obstore.get_async(self._store, _path(kind, name))
            except FileNotFoundError as err:
                await self._require_bucket()
                raise _Gone from err
            return bytes(await result.bytes_async())

    @contextlib.asynccontextmanager
    async def open(self, kind: Kind, name: str, scratch: Path) -> AsyncGenerator[Path]:
        """A copy at `scratch`, removed at the end of the block; none where the object is gone."""
        try:
            async with self._answered(self._timeouts.transfer):
                await self._download(_path(kind, name), scratch)
            yield scratch
        finally:
            await asyncio.to_thread(scratch.unlink, missing_ok=True)

    async def _download(self, path: str, scratch: Path) -> None:
        try:
            result = await obstore.get_async(self._store, path)
        except FileNotFoundError:
            await self._require_bucket()
            return
        file = await asyncio.to_thread(scratch.open, "wb")
        try:
            async for chunk in result.stream(CHUNK_BYTES):
                await asyncio.to_thread(file.write, chunk)
        finally:
            await asyncio.to_thread(file.close)
        size = (await asyncio.to_thread(scratch.stat)).st_size
        if size != result.meta["size"]:
            raise BlobsUnavailable(f"{self._name}: {size} of {result.meta['size']} bytes came")

    async def listed(self, kind: Kind, prefix: str = "") -> AsyncIterator[Sequence[StoredBlob]]:
        """All whose name begins so, in pages. A prefix of S3 is a whole folder here: the rest is left out."""
        folder, offset = FOLDERS[kind], _path(kind, prefix) if prefix else None
        pages = obstore.list(self._store, folder, offset=offset, chunk_size=NAMES_PER_PAGE)  # pyright: ignore[reportUnknownMemberType]
        while True:
            async with self._answered(self._timeouts.request):
                page = await anext(pages, None)
            if page is None:
                return
            blobs = [
                StoredBlob(
                    name=each["path"].removeprefix(f"{folder}/"), modified=each["last_modified"].timestamp()
                )
                for each in page
            ]
            matching = [each for each in blobs if each.name.startswith(prefix)]
            yield matching
            if len(matching) < len(blobs):
                return

    async def remove(self, kind: Kind, names: Collection[str]) -> None:
        """Remove those of them that are there."""
        if names:
            async with self._answered(self._timeouts.request):
                await obstore.delete_async(self._store, [_path(kind, name) for name in names])

    async def link(self, kind: Kind, name: str, seconds: float) -> str | None:
        """A signed address of the object, for at most MAX_LINK_SECONDS."""
        lifetime = timedelta(seconds=min(seconds, MAX_LINK_SECONDS))
        async with self._answered(self._timeouts.request):
            return await obstore.sign_async(self._store, "GET", _path(kind, name), lifetime)

    async def sweep(self, before: float) -> None:
        """Nothing: parts of uploads that ended early are not seen; a rule of the bucket removes them."""

    async def _require_bucket(self) -> None:
        """Raise FileNotFoundError where it is the bucket that is missing: HEAD answers do not tell."""
        await anext(obstore.list(self._store, OWNER, chunk_size=1), None)  # pyright: ignore[reportUnknownMemberType]

    @contextlib.asynccontextmanager
    async def _answered(self, seconds: float) -> AsyncGenerator[None]:
        """Raise BlobsUnavailable for whatever keeps the block from its end, also for taking longer."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as err:
            raise BlobsUnavailable(f"{self._name} does not answer within {seconds:g} s") from err
        except _Gone as err:
            raise FileNotFoundError(f"{self._name}: it is gone") from err
        except (BaseError, FileNotFoundError, ValueError) as err:
            raise self._translate(err) from None  # their texts hold whole answers

    def _translate(self, err: Exception) -> BlobsUnavailable:
        code = _code_of(err)
        if not code and isinstance(err, PermissionDeniedError | UnauthenticatedError):
            code = "AccessDenied"
        if code in REFUSALS:
            return BlobsRefused(f"{self._name}: {REFUSALS[code].format(code=code)}")
        status = re.search(r"status code: (\d{3})", str(err))
        told = code or (f"HTTP {status[1]}" if status else "")
        return BlobsUnavailable(f"{self._name} does not answer{f' ({told})' if told else ''}")


class _Gone(Exception):
    """An object is not there, its bucket is."""


def _path(kind: Kind, name: str) -> str:
    return f"{FOLDERS[kind]}/{name}"


def _code_of(err: Exception) -> str:
    """The code in S3's answer; empty where there is none."""
    code = re.search(r"<Code>(\w{1,80})</Code>", str(err))
    return code[1] if code else ""
