"""Blobs as files in a folder: that of the bot's own data, or one that several machines share."""

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Generator, Sequence
from pathlib import Path
from typing import TypeVar

from storage.blobs.blob_store import FOLDERS, OWNER, Kind, StoredBlob
from storage.blobs.errors import BlobsRefused, BlobsUnavailable
from storage.blobs.removal import is_older, remove_all, replace

Result = TypeVar("Result")
PARTS = "parts"  # the folder of what is being copied to another disk
_AWAY = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN, errno.ENODEV})


class FolderBlobStore:
    """One subfolder for each kind. `shared`: several machines use it, so it says which bot it belongs to."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        """Make the subfolders. Raises BlobsRefused."""
        self._folder = folder
        self._shared = shared
        try:
            for name in FOLDERS.values():
                (folder / name).mkdir(mode=0o700, parents=not shared, exist_ok=True)
        except OSError as err:
            raise BlobsRefused(f"the folder {folder} cannot be used: {err.strerror or err}") from err

    @property
    def has_links(self) -> bool:
        """False."""
        return False

    async def check(self, owner: str) -> None:
        """Try whether it can be read and written by the bot of that id. Raises BlobsRefused."""
        await self._run(lambda: self._check(owner))

    async def put(self, kind: Kind, name: str, source: Path) -> None:
        """Keep the file at `source`, which is gone afterwards. Raises OSError."""
        await self._run(lambda: self._put(self._path(kind, name), source))

    async def exists(self, kind: Kind, name: str) -> bool:
        """Whether there is a file of that name."""
        return await self._run(lambda: self._exists(self._path(kind, name)))

    async def read(self, kind: Kind, name: str) -> bytes:
        """All its bytes. Raises FileNotFoundError, OSError."""
        return await self._run(self._path(kind, name).read_bytes)

    @contextlib.asynccontextmanager
    async def open(self, kind: Kind, name: str, scratch: Path) -> AsyncGenerator[Path]:
        """The file itself."""
        await self._run(self._require_there)
        yield self._path(kind, name)

    async def listed(self, kind: Kind, prefix: str = "") -> AsyncIterator[Sequence[StoredBlob]]:
        """All whose name begins so, folders too, in one batch."""
        yield await self._run(lambda: self._list(kind, prefix))

    async def remove(self, kind: Kind, names: Collection[str]) -> None:
        """Remove those of them that are there, also a folder in place of a file. Raises FilesLeft."""
        await self._run(lambda: self._remove([self._path(kind, name) for name in names]))

    async def link(self, kind: Kind, name: str, seconds: float) -> str | None:
        """None: a folder has no addresses."""
        return None

    async def sweep(self, before: float) -> None:
        """Remove what was left half-written before that Unix time. Raises FilesLeft."""
        parts = self._folder / PARTS
        await self._run(lambda: remove_all([each for each in parts.glob("*") if is_older(each, before)]))

    def _path(self, kind: Kind, name: str) -> Path:
        return self._folder / FOLDERS[kind] / name

    async def _run(self, action: Callable[[], Result]) -> Result:
        """Carry it out in a thread. Raises BlobsUnavailable where a shared folder has gone away."""

        def run() -> Result:
            with self._translated():
                return action()

        return await asyncio.to_thread(run)

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except FileNotFoundError:
            self._require_there()
            raise
        except OSError as err:
            if self._shared and err.errno in _AWAY:
                raise BlobsUnavailable(f"the folder {self._folder} does not answer: {err.strerror}") from err
            raise

    def _require_there(self) -> None:
        """Raise BlobsUnavailable where the folder is gone, as of a disk that is no longer mounted."""
        if self._shared and not (self._folder / OWNER).exists():
            raise BlobsUnavailable(f"the folder {self._folder} is not there: is its disk mounted?")

    def _check(self, owner: str) -> None:
        if not self._shared:
            return
        path = self._folder / OWNER
        try:
            known = path.read_text("ascii").strip() if path.exists() else ""
            if known not in ("", owner):
                raise BlobsRefused(belongs_to_another(str(self._folder)))
            part = self._folder / f"{OWNER}.{os.urandom(4).hex()}"
            part.write_text(owner, "ascii")
            part.replace(path)
        except (OSError, ValueError) as err:
            if isinstance(err, BlobsRefused):
                raise
            raise BlobsRefused(f"the folder {self._folder} cannot be written: {err}") from err

    def _put(self, target: Path, source: Path) -> None:
        if target.is_dir():
            remove_all([target])
        try:
            replace(source, target)
        except OSError as err:
            if err.errno != errno.EXDEV:
                raise
            self._copy(source, target)

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a file to another disk, there under another name until it is whole."""
        (self._folder / PARTS).mkdir(mode=0o700, exist_ok=True)
        part = self._folder / PARTS / f"{target.name}.{os.urandom(4).hex()}"
        try:
            with source.open("rb") as read, part.open("xb") as written:
                shutil.copyfileobj(read, written, 1 << 20)
                written.flush()
                os.fsync(written.fileno())
            replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        source.unlink(missing_ok=True)

    def _exists(self, path: Path) -> bool:
        self._require_there()
        return path.is_file()

    def _list(self, kind: Kind, prefix: str) -> Sequence[StoredBlob]:
        self._require_there()
        return _listed(self._folder / FOLDERS[kind], prefix)

    def _remove(self, paths: Sequence[Path]) -> None:
        self._require_there()
        remove_all(paths)


def belongs_to_another(where: str) -> str:
    """The sentence for a store in which another bot keeps its pictures and clips."""
    return (
        f"{where} belongs to another bot, whose pictures and clips this one would remove: give BLOB_URL "
        f"another folder or prefix, or remove the file {OWNER} there if that bot is gone for good"
    )


def _listed(folder: Path, prefix: str) -> Sequence[StoredBlob]:
    found = list[StoredBlob]()
    for path in folder.iterdir():
        if not path.name.startswith(prefix):
            continue
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            found.append(StoredBlob(name=path.name, modified=path.lstat().st_mtime))
    return found
