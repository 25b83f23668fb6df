"""The ladder that makes a clip play on Discord and fit its limit: runs in a child process.

Untouched, else remuxed, else x264 at a constant quality under a cap, else two passes at a little less and
less of the limit, else two passes at three quarters of the size. Constant quality nearly always fits; the
lower rungs serve limits near the least that x264 can do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from media.codecs.encoder import Recipe, encode, remux
from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import VideoReader, opened
from media.errors import CannotFit
from media.file_types import FileType
from media.values import FitMethod

_BITRATES = (10_000, 100_000_000)  # bits a second, least and most: x264 counts from 1,000 to 2³¹


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """What is wanted: files, the limit in bytes, and a comment for the container."""

    source: Path
    target: Path
    scratch: Path
    limit: int
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    how: FitMethod
    share: float  # of the limit
    scale: float = 1.0  # of width and height


_RUNGS = (
    _Rung(how=FitMethod.CRF, share=0.88),
    _Rung(how=FitMethod.TWO_PASS, share=0.94),
    _Rung(how=FitMethod.TWO_PASS, share=0.85),
    _Rung(how=FitMethod.SCALED, share=0.85, scale=0.75),
)


def fit(order: FitRequest) -> Mapping[str, object]:
    """Climb down until the clip fits; say how. Unless untouched it lies at the target. Raises CannotFit."""
    size = order.source.stat().st_size
    with opened(order.source) as reel:
        plays, seconds, comment = _plays(reel), float(reel.frames / reel.rate), reel.comment
    fits = plays and size <= order.limit
    if fits and is_faststart(order.source) and order.comment in (None, comment):
        return {"how": FitMethod.UNTOUCHED, "bytes": size}
    made, sizes = order.scratch / "made.mp4", list[int]()
    for how in _attempts(order, made, seconds, remuxable=fits):
        size = made.stat().st_size
        if size <= order.limit:
            made.replace(order.target)
            return {"how": how, "bytes": size}
        sizes.append(size)
    raise CannotFit(limit=order.limit, smallest=min(sizes))


def _plays(reel: VideoReader) -> bool:
    """Whether Discord's players on all devices decode it."""
    return (reel.kind, reel.codec, reel.pixel_format) == (FileType.MP4, "h264", "yuv420p")


def _attempts(order: FitRequest, made: Path, seconds: float, *, remuxable: bool) -> Iterator[FitMethod]:
    """Make one version after the other, the best first."""
    if remuxable:
        remux(order.source, made, order.comment)
        yield FitMethod.REMUXED
    for rung in _RUNGS:
        encode(order.source, made, _recipe(order, rung, seconds))
        yield rung.how


def _recipe(order: FitRequest, rung: _Rung, seconds: float) -> Recipe:
    return Recipe(
        bitrate=min(max(round(order.limit * 8 * rung.share / seconds), _BITRATES[0]), _BITRATES[1]),
        scale=rung.scale,
        stats=None if rung.how is FitMethod.CRF else order.scratch / "passes.log",
        comment=order.comment,
    )
