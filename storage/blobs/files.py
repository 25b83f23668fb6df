"""Pictures and clips as files in a folder: pictures named by their sha256, clips by their job."""

import asyncio
import hashlib
import os
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path


class FileStore:
    """Pictures and clips in two subfolders. A picture is written whole or not at all, also at a power cut."""

    def __init__(self, folder: Path) -> None:
        self._pictures = folder / "pictures"
        self._clips = folder / "clips"
        self._pictures.mkdir(parents=True, exist_ok=True)
        self._clips.mkdir(parents=True, exist_ok=True)

    async def save_picture(self, data: bytes) -> str:
        """Write the picture unless it exists, and set its time to now; returns its sha256."""
        return await asyncio.to_thread(self._save, data)

    async def read_picture(self, sha256: str) -> bytes:
        """The bytes of a picture. Raises FileNotFoundError."""
        return await asyncio.to_thread((self._pictures / sha256).read_bytes)

    async def touch_picture(self, sha256: str) -> None:
        """Set a picture's time to now, so that retention spares it. Raises FileNotFoundError."""
        await asyncio.to_thread(os.utime, self._pictures / sha256)

    def clip_path(self, name: str) -> Path:
        """The path of the clip of that name, whether it exists or not."""
        return self._clips / name

    async def pictures_before(self, time: float) -> AbstractSet[str]:
        """The names of picture files, partial ones too, whose time is before that Unix time."""
        return await asyncio.to_thread(_names_before, self._pictures, time)

    async def clips_before(self, time: float) -> AbstractSet[str]:
        """The names of clip files, partial ones too, written before that Unix time."""
        return await asyncio.to_thread(_names_before, self._clips, time)

    async def remove_pictures(self, names: Collection[str], before: float) -> None:
        """Remove those of the pictures whose time is still before that Unix time."""
        await asyncio.to_thread(_remove, self._pictures, names, before)

    async def remove_clips(self, names: Collection[str], before: float) -> None:
        """Remove those of the clips written before that Unix time."""
        await asyncio.to_thread(_remove, self._clips, names, before)

    async def remove_clips_of(self, job_id: str) -> None:
        """Remove all clip files of a job, partial ones too."""
        await asyncio.to_thread(_remove_all, self._clips, f"{job_id}*")

    async def remove_picture(self, sha256: str, before: float) -> None:
        """Remove a picture if its time is before that Unix time."""
        await asyncio.to_thread(_remove_one, self._pictures / sha256, before)

    def _save(self, data: bytes) -> str:
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
