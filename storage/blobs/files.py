"""Pictures and clips as files in a folder: pictures named by their sha256, clips by their job."""

import asyncio
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

SCRATCH_SECONDS = 6 * 3600.0  # no step that writes scratch takes that long
REPLACE_SECONDS = 5.0  # for which a rename is tried again: on Windows scanners and viewers hold files open
_PAUSE_SECONDS = 0.1
_BUSY = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


class FilesLeft(OSError):
    """Some of the files, `names`, could not be removed; all others were."""

    def __init__(self, message: str, names: Collection[str] = ()) -> None:
        super().__init__(message)
        self.names = frozenset(names)


class FileStore:
    """Pictures and clips in two subfolders, whole files only; what is being written is in a third one.

    `scratch` holds nothing that is needed after a restart: it is emptied when the store is opened. A picture
    is written whole or not at all, also at a power cut.
    """

    def __init__(self, folder: Path) -> None:
        self._pictures = folder / "pictures"
        self._clips = folder / "clips"
        self._scratch = folder / "scratch"
        for each in (self._pictures, self._clips, self._scratch):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def clear_scratch(self) -> None:
        """Remove all that an earlier process left half-written. Raises FilesLeft."""
        await asyncio.to_thread(lambda: remove_all(self._scratch.iterdir()))

    async def remove_old_scratch(self) -> None:
        """Remove what was left half-written SCRATCH_SECONDS ago. Raises FilesLeft."""
        await asyncio.to_thread(_remove_before, self._scratch, time.time() - SCRATCH_SECONDS)

    async def save_picture(self, data: bytes | Path) -> str:
        """Keep a picture, or a staged one, with the time of now; returns its sha256. Raises OSError."""
        return await asyncio.to_thread(self._save, data)

    async def stage_picture(self, data: bytes) -> tuple[str, Path]:
        """Write a picture to `scratch`, to be saved or discarded; returns its sha256 and its path there.

        Raises OSError.
        """
        return await asyncio.to_thread(self._stage, data)

    async def read_picture(self, sha256: str) -> bytes:
        """The bytes of a picture. Raises FileNotFoundError."""
        return await asyncio.to_thread(self._picture(sha256).read_bytes)

    async def touch_picture(self, sha256: str) -> None:
        """Set a picture's time to now, so that retention spares it. Raises FileNotFoundError."""
        await asyncio.to_thread(lambda: os.utime(self._picture(sha256)))

    def clip_path(self, name: str) -> Path:
        """The path of the clip of that name, whether it exists or not."""
        return self._clips / name

    def scratch_path(self, name: str) -> Path:
        """A path for a file that is being written, which nobody needs after a restart."""
        return self._scratch / name

    def unique_scratch_path(self, name: str) -> Path:
        """As `scratch_path`, a path of its own for each call: nobody else can hold that file open."""
        whole = Path(name)
        return self._scratch / f"{whole.stem}.{os.urandom(4).hex()}{whole.suffix}"

    async def keep_clip(self, scratch: Path) -> Path:
        """Move a file that is whole from `scratch` to the clips; returns its path there. Raises OSError."""
        return await asyncio.to_thread(_replace, scratch, self._clips / scratch.name)

    async def discard(self, scratch: Path) -> None:
        """Remove a file in `scratch` that has been used. Raises nothing: what stays is swept later."""
        await asyncio.to_thread(_try, lambda: _remove(scratch))

    async def count(self, pictures: Collection[str], clips: Collection[str]) -> tuple[int, int]:
        """How many of these pictures and of these clips are on the disk."""
        return await asyncio.to_thread(self._count, pictures, clips)

    async def pictures_before(self, time: float) -> AbstractSet[str]:
        """The names of all in the folder of pictures whose time is before that Unix time."""
        return await asyncio.to_thread(_names_before, self._pictures, time)

    async def clips_before(self, time: float) -> AbstractSet[str]:
        """The names of all in the folder of clips that was written before that Unix time."""
        return await asyncio.to_thread(_names_before, self._clips, time)

    async def remove_pictures(self, names: Collection[str], before: float) -> None:
        """Remove those of the pictures whose time is still before that Unix time. Raises FilesLeft."""
        await asyncio.to_thread(_remove_before, self._pictures, before, set(names))

    async def remove_clips(self, names: Collection[str], before: float) -> None:
        """Remove those of the clips written before that Unix time. Raises FilesLeft."""
        await asyncio.to_thread(_remove_before, self._clips, before, set(names))

    async def remove_clips_of(self, job_id: str) -> None:
        """Remove all files of a job but its picture, half-written ones too. Raises FilesLeft."""
        await asyncio.to_thread(self._remove_of, f"{job_id}*")

    async def remove_joined_of(self, job_ids: Collection[str]) -> None:
        """Remove the files of these jobs that begin with other jobs' clips. Raises FilesLeft."""
        await asyncio.to_thread(lambda: [self._remove_of(f"{each}.joined.*") for each in job_ids])

    async def remove_picture(self, sha256: str, before: float) -> None:
        """Remove a picture if its time is before that Unix time. Raises FilesLeft."""
        await asyncio.to_thread(_remove_before, self._pictures, before, {sha256})

    def _picture(self, sha256: str) -> Path:
        """The path of a picture. Raises FileNotFoundError for a job that has none any more."""
        if not sha256:
            raise FileNotFoundError("the picture was taken back")
        return self._pictures / sha256

    def _save(self, data: bytes | Path) -> str:
        sha256, part = (data.name.partition(".")[0], data) if isinstance(data, Path) else self._stage(data)
        target = self._pictures / sha256
        try:
            os.utime(part)
            if target.is_file():
                os.utime(target)
            else:
                remove_all(filter(Path.exists, [target]))
                _replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        return sha256

    def _stage(self, data: bytes) -> tuple[str, Path]:
        sha256 = hashlib.sha256(data).hexdigest()
        part = self._scratch / f"{sha256}.{os.urandom(4).hex()}.part"
        try:
            with open(part, "wb", opener=_open_private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return sha256, part

    def _count(self, pictures: Collection[str], clips: Collection[str]) -> tuple[int, int]:
        return (
            sum((self._pictures / each).is_file() for each in pictures),
            sum((self._clips / each).is_file() for each in clips),
        )

    def _remove_of(self, pattern: str) -> None:
        remove_all([*self._clips.glob(pattern), *self._scratch.glob(pattern)])


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _replace(source: Path, target: Path) -> Path:
    """Rename a file, tried again for REPLACE_SECONDS while another program holds it; returns the target."""
    deadline = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            return source.replace(target)
        except OSError as err:
            if err.errno not in _BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


def _names_before(folder: Path, time: float) -> AbstractSet[str]:
    return {path.name for path in folder.iterdir() if _is_older(path, time)}


def _is_older(path: Path, time: float) -> bool:
    try:
        return path.lstat().st_mtime < time
    except OSError:  # removed meanwhile
        return False


def _remove_before(folder: Path, before: float, names: AbstractSet[str] | None = None) -> None:
    """Remove what is older; with `names`, of these only, without listing the folder."""
    paths = folder.iterdir() if names is None else (folder / name for name in names)
    remove_all([path for path in paths if _is_older(path, before)])


def remove_all(paths: Iterable[Path]) -> None:
    """Remove each of them, a folder with all in it; then raise FilesLeft where some could not be."""
    tried = [(path.name, _try(lambda path=path: _remove(path))) for path in paths]
    errors = {name: error for name, error in tried if error}
    if errors:
        first = next(iter(errors.values()))
        raise FilesLeft(f"{len(errors)} cannot be removed, the first: {first}", errors)


def _try(action: Callable[[], None]) -> OSError | None:
    try:
        action()
    except OSError as err:
        return err
    return None


def _remove(path: Path) -> None:
    """Remove a file, or a folder in its place: a link to a folder is a file."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
