"""Files that are being written, on this machine: nobody needs them after a restart."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

from storage.blobs.removal import failure_of, is_older, remove, remove_all

SCRATCH_SECONDS = 6 * 3600.0  # no step that writes scratch takes that long


class Scratch:
    """The folder `scratch` in DATA_DIR, emptied when the bot starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "scratch"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """A path for a file of that name."""
        return self._folder / name

    def unique_path(self, name: str) -> Path:
        """As `path`, a path of its own for each call: nobody else can hold that file open."""
        whole = Path(name)
        return self._folder / f"{whole.stem}.{os.urandom(4).hex()}{whole.suffix}"

    async def stage(self, data: bytes) -> tuple[str, Path]:
        """Write a picture, which a power cut leaves whole or not at all; its sha256 and path.

        Raises OSError.
        """
        return await asyncio.to_thread(self._stage, data)

    async def discard(self, path: Path) -> None:
        """Remove a file that has been used. Raises nothing: what stays is swept later."""
        await asyncio.to_thread(failure_of, lambda: remove(path))

    async def clear(self) -> None:
        """Remove all that an earlier process left half-written. Raises FilesLeft."""
        await asyncio.to_thread(lambda: remove_all(self._folder.iterdir()))

    async def remove_old(self) -> None:
        """Remove what was left half-written SCRATCH_SECONDS ago. Raises FilesLeft."""
        before = time.time() - SCRATCH_SECONDS
        await asyncio.to_thread(
            lambda: remove_all([path for path in self._folder.iterdir() if is_older(path, before)])
        )

    async def remove_of(self, prefix: str) -> None:
        """Remove all whose name begins so. Raises FilesLeft."""
        await asyncio.to_thread(lambda: remove_all([*self._folder.glob(f"{prefix}*")]))

    def _stage(self, data: bytes) -> tuple[str, Path]:
        sha256 = hashlib.sha256(data).hexdigest()
        part = self._folder / f"{sha256}.{os.urandom(4).hex()}.part"
        try:
            with open(part, "wb", opener=_open_private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return sha256, part


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
