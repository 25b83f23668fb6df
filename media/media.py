"""The public interface of the package: each decode and encode as a coroutine that runs a child process."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from media.child.framing import pack, unpack
from media.child.process import ChildDied, ProcessLimits, ProcessRunner, UnconfinedLog
from media.child.responses import (
    parse_clip,
    parse_fitted,
    parse_picture,
    raise_clip_fault,
    raise_picture_fault,
)
from media.dimensions import pixels_of
from media.errors import BadPicture, PictureFault
from media.file_types import PICTURES, FileType, sniff
from media.posters import Posters
from media.replacing import replace_file
from media.values import MAX_PICTURE_BYTES, MAX_PIXELS, Clip, FitMethod, Fitted, Picture

_ACCEPTED = frozenset({FileType.JPEG, FileType.PNG, FileType.WEBP, FileType.GIF, FileType.AVIF})
_SIZED = frozenset({FileType.PNG, FileType.WEBP})  # their first bytes tell it
_LARGE = 12_500_000  # pixels: from there on, one picture is decoded at a time
_PICTURE_MEMORY = 1 << 30  # bytes: 50 megapixels with alpha, twice, and the libraries
_CLIP_MEMORY = 2 << 30  # bytes: x264 keeps forty frames of lookahead
_POSTER_SECONDS = 8.0  # of a poster in a list, which is left out where that does not suffice
_MAX_RESPONSE = 20_000_000  # bytes: 2,048² × 3 and what PNG adds

_Response = tuple[Mapping[str, object], bytes]


class Media:
    """Decodes and encodes pictures and clips in child processes; made by `open_media`.

    Each `timeout` is seconds of work, not of waiting for a free process. All raise ProcessStartFailed.
    """

    def __init__(self, *, limit: int) -> None:
        unconfined = UnconfinedLog()
        self._picture_workers = ProcessRunner(limit, unconfined)
        # Separate: no picture waits for minutes of encoding, no clip for whoever turns pages.
        self._clip_workers = ProcessRunner(limit, unconfined)
        self._poster_workers = ProcessRunner(min(limit, 1), unconfined)
        self._large_picture = asyncio.Lock()
        self.posters = Posters(self._make_poster)

    async def clean_picture(self, data: bytes, *, timeout: float = 8) -> Picture:
        """Decode untrusted bytes into a clean picture of at most 2,048 × 2,048 pixels. Raises BadPicture."""
        file_type = _accept(data)
        pixels = pixels_of(data, file_type)
        if file_type in _SIZED and pixels > MAX_PIXELS[file_type]:
            raise BadPicture(PictureFault.TOO_MANY_PIXELS, file_type, MAX_PIXELS[file_type] // 10**6)
        request = {"do": "clean", "file_type": file_type}
        async with self._large_picture if pixels > _LARGE else nullcontext():
            header, png = await self._picture(request, data, timeout)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(png).hexdigest())
        return parse_picture(header, png, sha256)

    async def fit_picture(self, data: bytes, width: int, height: int, *, timeout: float = 8) -> bytes:
        """Scale and crop around the centre to exactly width × height pixels; PNG. Raises BadPicture."""
        request = {"do": "fit", "file_type": _accept(data), "width": width, "height": height}
        _, png = await self._picture(request, data, timeout)
        return png

    async def probe_clip(self, path: Path, *, timeout: float = 20) -> Clip:
        """Measure a clip (MP4, WebM, Matroska, GIF, animated WebP or PNG). Raises BadClip."""
        header, _ = await self._clip({"do": "probe", "path": str(path)}, timeout)
        return parse_clip(header)

    async def poster(self, path: Path, *, timeout: float = 20) -> bytes:
        """The first frame of a clip as JPEG, in turn with the other clips; `posters` is for lists.

        Raises BadClip.
        """
        _, jpeg = await self._clip({"do": "poster", "path": str(path)}, timeout)
        return jpeg

    async def last_frame(self, path: Path, *, timeout: float = 20) -> bytes:
        """The last frame of a clip as PNG, the first picture of its continuation. Raises BadClip."""
        _, png = await self._clip({"do": "last_frame", "path": str(path)}, timeout)
        return png

    async def read_embedded_workflow(self, path: Path, *, timeout: float = 20) -> str:
        """The workflow that ComfyUI embedded in a PNG, WebP, MP4 or WebM, as JSON; "" where there is none.

        Its `prompt` and `workflow` are texts of JSON, as they stand in the file. Raises BadClip.
        """
        _, text = await self._clip({"do": "workflow", "path": str(path)}, timeout)
        return text.decode()

    async def join_clips(self, first: Path, second: Path, target: Path, *, timeout: float = 20) -> None:
        """Concatenate two clips without encoding their frames; `target` is written whole or not at all.

        A part without sound is silent beside one that has some. Raises BadClip, with `not_alike` for clips
        of different size, rate or codec.
        """
        with TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "joined.mp4"
            paths = {"first": str(first), "second": str(second), "target": str(made)}
            await self._clip({"do": "join", **paths}, timeout)
            await replace_file(made, target)

    async def fit_clip(
        self, source: Path, target: Path, *, limit: int, comment: str | None = None, timeout: float = 120
    ) -> Fitted:
        """Make a clip that Discord plays, of at most `limit` bytes: h264, yuv420p, index first, AAC.

        The result is at `target`, written whole or not at all; or at `source` where nothing had to be done.
        The `comment` replaces all metadata of the container.
        Raises CannotFit and BadClip.
        """
        with TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "fitted.mp4"
            paths = {"source": str(source), "target": str(made)}
            request = {"do": "fit_clip", "limit": limit, "comment": comment, **paths}
            header, _ = await self._clip(request, timeout)
            fitted = parse_fitted(header, source, target)
            if fitted.method is not FitMethod.UNTOUCHED:
                await replace_file(made, target)
        return fitted

    async def _make_poster(self, path: Path) -> bytes:
        """A first frame for a list. Raises BadClip."""
        limits = ProcessLimits(memory=_CLIP_MEMORY, seconds=_POSTER_SECONDS, response_bytes=_MAX_RESPONSE)
        request = pack({"do": "poster", "path": str(path)})
        header, jpeg = await _request(self._poster_workers, request, limits)
        raise_clip_fault(header)
        return jpeg

    async def _picture(self, request: Mapping[str, object], data: bytes, timeout: float) -> _Response:
        limits = ProcessLimits(memory=_PICTURE_MEMORY, seconds=timeout, response_bytes=_MAX_RESPONSE)
        header, payload = await _request(self._picture_workers, pack(request, data), limits)
        raise_picture_fault(header)
        return header, payload

    async def _clip(self, request: Mapping[str, object], timeout: float) -> _Response:
        limits = ProcessLimits(memory=_CLIP_MEMORY, seconds=timeout, response_bytes=_MAX_RESPONSE)
        header, payload = await _request(self._clip_workers, pack(request), limits)
        raise_clip_fault(header)
        return header, payload


@asynccontextmanager
async def open_media(*, limit: int = 2) -> AsyncGenerator[Media]:
    """Open the media functions: at most `limit` children for pictures and as many for clips at a time."""
    yield Media(limit=limit)


async def _request(workers: ProcessRunner, message: bytes, limits: ProcessLimits) -> _Response:
    """Run a request in a child; its timeout or death becomes a fault like those it reports itself."""
    try:
        return unpack(await workers.run(message, limits))
    except TimeoutError:
        return {"fault": "too_slow"}, b""
    except (ChildDied, ValueError):
        return {"fault": "broken"}, b""


def _accept(data: bytes) -> FileType:
    """Check size and first bytes before any child starts; returns the file type. Raises BadPicture."""
    if len(data) > MAX_PICTURE_BYTES:
        raise BadPicture(PictureFault.TOO_LARGE)
    file_type = sniff(data)
    if file_type is not None and file_type in _ACCEPTED:
        return file_type
    if file_type is FileType.HEIC:
        if find_spec("pillow_heif"):  # optional: its wheel holds code under the GPL
            return file_type
        raise BadPicture(PictureFault.HEIC, file_type)
    if file_type in PICTURES:
        raise BadPicture(PictureFault.UNSUPPORTED_FORMAT, file_type)
    raise BadPicture(PictureFault.NOT_A_PICTURE, file_type)
