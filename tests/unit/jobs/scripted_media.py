"""Pictures and clips without a child process: what `Media` would make of them is made up."""

import asyncio
from pathlib import Path

from media import FitMethod, Fitted, Media, Picture, PictureIssue


class ScriptedMedia(Media):
    """`error` is raised by whatever is asked; `size`, `issues`: of each picture; `written`: joined files."""

    def __init__(self) -> None:
        super().__init__(limit=1)
        self.error: Exception | None = None
        self.size = (832, 480)
        self.issues = frozenset[PictureIssue]()
        self.asked: list[str] = []
        self.written: list[Path] = []

    async def clean_picture(self, data: bytes, *, timeout: float = 8) -> Picture:
        self._ask("clean_picture")
        width, height = self.size
        return Picture(data=b"clean " + data, width=width, height=height, sha256="", issues=self.issues)

    async def fit_picture(self, data: bytes, width: int, height: int, *, timeout: float = 8) -> bytes:
        self._ask("fit_picture")
        return f"{width}x{height} ".encode() + data

    async def last_frame(self, path: Path, *, timeout: float = 20) -> bytes:
        self._ask("last_frame")
        return b"last of " + await asyncio.to_thread(path.read_bytes)

    async def join_clips(self, first: Path, second: Path, target: Path, *, timeout: float = 20) -> None:
        self._ask("join_clips")
        self.written.append(target)
        joined = [await asyncio.to_thread(each.read_bytes) for each in (first, second)]
        await asyncio.to_thread(target.write_bytes, b"".join(joined))

    async def fit_clip(
        self, source: Path, target: Path, *, limit: int, comment: str | None = None, timeout: float = 120
    ) -> Fitted:
        self._ask("fit_clip")
        size = (await asyncio.to_thread(source.stat)).st_size
        return Fitted(path=source, bytes=size, method=FitMethod.UNTOUCHED)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error:
            raise self.error
