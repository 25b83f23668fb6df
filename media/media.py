"""The room's door: every decode and encode in a child process, as a coroutine."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from media.child import ChildDied, Limits, Workers
from media.errors import BadPicture, PictureFault
from media.kinds import Kind, sniff
from media.values import Note, Picture
from media.wire import pack, unpack

MOST_PICTURE_BYTES = 25_000_000
_PICTURES = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.GIF, Kind.AVIF})
_OTHER_PICTURES = frozenset({Kind.SVG, Kind.BMP, Kind.TIFF, Kind.JXL})
_PICTURE_MEMORY = 1 << 30  # bytes: 50 megapixels with alpha, twice, and the libraries
_PICTURE_ANSWER = 20_000_000  # bytes: 2,048² × 3 and what PNG adds


class Media:
    """Pictures going in and clips coming out; made by `open_media`."""

    def __init__(self, *, limit: int) -> None:
        self._picture_workers = Workers(limit)

    async def clean_picture(self, data: bytes, *, timeout: float = 8) -> Picture:
        """Make a stranger's bytes a picture that may be trusted; raises BadPicture.

        At most 2,048 pixels on the longer side come back. `timeout`: seconds of work, not of waiting.
        """
        kind = _accept(data)
        header, png = await self._picture({"do": "clean", "kind": kind}, data, timeout)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(png).hexdigest())
        return _parse_picture(header, png, sha256)

    async def fit_picture(self, data: bytes, width: int, height: int, *, timeout: float = 8) -> bytes:
        """Cut and scale to exactly width × height pixels, keeping the middle; PNG. Raises BadPicture."""
        request = {"do": "fit", "kind": _accept(data), "width": width, "height": height}
        _, png = await self._picture(request, data, timeout)
        return png

    async def _picture(
        self, request: Mapping[str, object], data: bytes, timeout: float
    ) -> tuple[Mapping[str, object], bytes]:
        limits = Limits(memory=_PICTURE_MEMORY, seconds=timeout, answer=_PICTURE_ANSWER)
        try:
            header, payload = unpack(await self._picture_workers.run(pack(request, data), limits))
        except TimeoutError as err:
            raise BadPicture(PictureFault.TOO_SLOW) from err
        except (ChildDied, ValueError) as err:
            raise BadPicture(PictureFault.BROKEN) from err
        if "fault" in header:
            raise BadPicture(PictureFault(str(header["fault"])))
        return header, payload


@asynccontextmanager
async def open_media(*, limit: int = 2) -> AsyncGenerator[Media]:
    """Open the room: at most `limit` children work on pictures, and as many on clips, at once."""
    yield Media(limit=limit)


def _accept(data: bytes) -> Kind:
    """Refuse by size and first bytes, before any child process; raises BadPicture."""
    if len(data) > MOST_PICTURE_BYTES:
        raise BadPicture(PictureFault.TOO_LARGE)
    kind = sniff(data)
    if kind is not None and kind in _PICTURES:
        return kind
    if kind is Kind.HEIC:
        raise BadPicture(PictureFault.HEIC, kind)
    if kind in _OTHER_PICTURES:
        raise BadPicture(PictureFault.UNSUPPORTED_FORMAT, kind)
    raise BadPicture(PictureFault.NOT_A_PICTURE, kind)


def _parse_picture(header: Mapping[str, object], png: bytes, sha256: str) -> Picture:
    match header:
        case {"width": int(width), "height": int(height), "notes": str(notes)}:
            names = frozenset(map(Note, notes.split()))
            return Picture(data=png, width=width, height=height, sha256=sha256, notes=names)
        case _:
            raise BadPicture(PictureFault.BROKEN)
