"""The files beside the rows: pictures by their sha256, clips by their job."""

import asyncio
import hashlib
import os
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path


class FileStore:
    """Pictures and clips below one folder. A file is there whole or not at all, also after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._pictures = folder / "pictures"
        self._clips = folder / "clips"
        self._pictures.mkdir(parents=True, exist_ok=True)
        self._clips.mkdir(parents=True, exist_ok=True)

    async def save_picture(self, data: bytes) -> str:
        """Write the picture if it is new; returns its sha256."""
        return await asyncio.to_thread(self._keep, data)

    async def read_picture(self, sha256: str) -> bytes:
        """The bytes of a kept picture. Raises FileNotFoundError."""
        return await asyncio.to_thread((self._pictures / sha256).read_bytes)

    async def touch_picture(self, sha256: str) -> None:
        """Let a kept picture count as new: a job is about to need it. Raises FileNotFoundError."""
        await asyncio.to_thread(os.utime, self._pictures / sha256)

    def clip_path(self, name: str) -> Path:
        """Where the clip of that name stands, or will."""
        return self._clips / name

    async def pictures_before(self, time: float) -> AbstractSet[str]:
        """The names of pictures, whole or torn, last kept before that Unix time."""
        return await asyncio.to_thread(_names_before, self._pictures, time)

    async def clips_before(self, time: float) -> AbstractSet[str]:
        """The names of clips, whole or torn, written before that Unix time."""
        return await asyncio.to_thread(_names_before, self._clips, time)

    async def remove_pictures(self, names: Collection[str], before: float) -> None:
        """Remove those pictures, but none that was kept again since."""
        await asyncio.to_thread(_remove, self._pictures, names, before)

    async def remove_clips(self, names: Collection[str], before: float) -> None:
        """Remove those clips."""
        await asyncio.to_thread(_remove, self._clips, names, before)

    async def remove_clips_of(self, job_id: str) -> None:
        """Remove all that a job's run left among the clips, whole or torn."""
        await asyncio.to_thread(_remove_all, self._clips, f"{job_id}*")

    async def remove_picture(self, sha256: str, before: float) -> None:
        """Remove a picture, unless it was kept again since that Unix time."""
        await asyncio.to_thread(_remove_one, self._pictures / sha256, before)

    def _keep(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._pictures / sha256
        if target.exists():
            os.utime(target)
            return sha256
        part = target.with_name(f"{sha256}.{os.urandom(4).hex()}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        return sha256


def _names_before(folder: Path, time: float) -> AbstractSet[str]:
    return {path.name for path in folder.iterdir() if path.stat().st_mtime < time}


def _remove(folder: Path, names: Collection[str], before: float) -> None:
    for name in _names_before(folder, before) & set(names):
        (folder / name).unlink(missing_ok=True)


def _remove_all(folder: Path, pattern: str) -> None:
    for path in folder.glob(pattern):
        path.unlink(missing_ok=True)


def _remove_one(path: Path, before: float) -> None:
    if path.exists() and path.stat().st_mtime < before:
        path.unlink(missing_ok=True)
