"""Opens what an address of blobs names: the bot's own folder, a shared one, or a bucket of an S3 store."""

import asyncio
import importlib.util
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from storage.blobs.blob_store import BlobStore
from storage.blobs.blobs import Blobs
from storage.blobs.errors import BlobsRefused, BlobsUnavailable
from storage.blobs.folder import FolderBlobStore
from storage.database import Database
from storage.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobLocation:
    """Where pictures and clips are.

    `folder`: of this machine, which holds them where `url` is empty, and scratch in any case. `url`:
    `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…`. The keys are those of S3; without them they
    are looked for where AWS's own programs look.
    """

    folder: Path
    url: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)


async def open_blobs(location: BlobLocation, database: Database, *, owner: str) -> Blobs:
    """Pictures and clips of the bot of the id `owner`, whose jobs are in `database`; scratch is emptied.

    A store that does not answer is waited for by whatever needs it. Raises StoreError where that would not
    help: a missing bucket, refused keys, a folder that cannot be written, another bot's.
    """
    try:
        store = await asyncio.to_thread(open_blob_store, location)
        blobs = Blobs(store, database, location.folder, owner=owner)
        await _check(blobs)
    except BlobsRefused as err:
        raise StoreError(f"BLOB_URL: {err}") from err
    try:
        await blobs.clear_scratch()
    except OSError as err:
        log.error("the folder scratch is swept later: %s", err)
    return blobs


async def _check(blobs: Blobs) -> None:
    try:
        await blobs.check()
    except BlobsRefused:
        raise
    except BlobsUnavailable as err:
        log.error("jobs wait until pictures and clips can be read and written: %s", err)


def open_blob_store(location: BlobLocation) -> BlobStore:
    """The store that the address names; nothing is asked of it yet. Raises BlobsRefused."""
    url = urlsplit(location.url)
    match url.scheme:
        case "":
            return FolderBlobStore(location.folder)
        case "file":
            return FolderBlobStore(folder_of(url.path), shared=True)
        case _:
            return _open_s3(location)


def folder_of(path: str) -> Path:
    """The folder that the path of a `file:` address names; on Windows a drive comes after the first slash."""
    return Path(re.sub(r"^/(?=[A-Za-z]:/)", "", unquote(path)))


def _open_s3(location: BlobLocation) -> BlobStore:
    if importlib.util.find_spec("obstore") is None:
        raise BlobsRefused("s3:// needs the extra s3: pip install -r requirements-s3.lock")
    from storage.blobs.s3 import Bucket, Keys, S3BlobStore

    url = urlsplit(location.url)
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    bucket = Bucket(name=url.hostname or "", prefix=url.path.strip("/"), **options)
    return S3BlobStore(bucket, Keys(access=location.access_key, secret=location.secret_key))
