"""The files beside the rows: pictures by their sha256, clips by their job."""

import asyncio
import hashlib
import os
from pathlib import Path


class Files:
    """Pictures and clips below one folder. A file is there whole or not at all, also after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._pictures = folder / "pictures"
        self._clips = folder / "clips"
        self._pictures.mkdir(parents=True, exist_ok=True)
        self._clips.mkdir(parents=True, exist_ok=True)

    async def keep_picture(self, data: bytes) -> str:
        """Write the picture if it is new; returns its sha256."""
        return await asyncio.to_thread(self._keep, data)

    async def picture(self, sha256: str) -> bytes:
        """The bytes of a kept picture. Raises FileNotFoundError."""
        return await asyncio.to_thread((self._pictures / sha256).read_bytes)

    def clip(self, name: str) -> Path:
        """Where the clip of that name stands, or will."""
        return self._clips / name

    def _keep(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._pictures / sha256
        if target.exists():
            return sha256
        part = target.with_name(f"{sha256}.{os.urandom(4).hex()}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        return sha256
