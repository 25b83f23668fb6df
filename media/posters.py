"""First frames of clips for lists that people page through: made one at a time, kept in memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path

MAX_POSTERS = 256  # kept: some 10 MB

_Version = tuple[int, int]  # of a file: when it was written, in nanoseconds, and its bytes


class Posters:
    """The posters of clips, each kept no longer than its file: at each look those of removed files go.

    `make` decodes one. They have a slot of their own: no result waits behind somebody who turns pages.
    """

    def __init__(self, make: Callable[[Path], Awaitable[bytes]]) -> None:
        self._make = make
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[Path, tuple[_Version, bytes]] = OrderedDict()

    async def known(self, path: Path) -> bytes | None:
        """The poster of a clip if it is kept, as JPEG; None where it is not, or the clip is gone."""
        versions = await asyncio.to_thread(_versions, {path, *self._kept})
        for each in [each for each in self._kept if each in versions and versions[each] is None]:
            del self._kept[each]
        kept = self._kept.get(path)
        if kept is None or kept[0] != versions[path]:
            return None
        self._kept.move_to_end(path)
        return kept[1]

    async def get(self, path: Path) -> bytes | None:
        """The poster of a clip as JPEG, made where it is not kept; None where the clip is gone.

        Raises BadClip and ProcessStartFailed.
        """
        if kept := await self.known(path):
            return kept
        async with self._turn:
            if kept := await self.known(path):
                return kept
            version = (await asyncio.to_thread(_versions, {path}))[path]
            if version is None:
                return None
            jpeg = await self._make(path)
            self._kept[path] = (version, jpeg)
        while len(self._kept) > MAX_POSTERS:
            self._kept.popitem(last=False)
        return await self.known(path)


def _versions(paths: set[Path]) -> dict[Path, _Version | None]:
    """What each file is now; None for those that are gone."""
    found = dict[Path, _Version | None]()
    for path in paths:
        try:
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
        except OSError:
            found[path] = None
    return found
