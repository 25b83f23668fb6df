"""Make a clip play on Discord within a limit of bytes: try the best method first, then smaller ones.

Untouched, else remuxed, else x264 at a constant quality with a maximum bitrate, else two passes at 94 % and
at 85 % of the limit, else two passes at three quarters of the width and height. Constant quality nearly
always fits; the later ones serve limits near the smallest file that x264 can make.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from media.codecs.encoder import EncodeSettings, encode, remux
from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import VideoReader, open_clip
from media.errors import CannotFit
from media.file_types import FileType
from media.values import FitMethod

_BITRATES = (10_000, 100_000_000)  # bits per second, minimum and maximum: x264 accepts 1,000 to 2³¹


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """One clip to make fit: its files, the `limit` in bytes, and a `comment` for the container.

    `scratch` is a folder for intermediate files; `target` is written by a rename, whole or not at all.
    """

    source: Path
    target: Path
    scratch: Path
    limit: int
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    """One method to try: the `share` of the limit to aim at, the `scale` of width and height."""

    method: FitMethod
    share: float
    scale: float = 1.0


_RUNGS = (
    _Rung(method=FitMethod.CRF, share=0.88),
    _Rung(method=FitMethod.TWO_PASS, share=0.94),
    _Rung(method=FitMethod.TWO_PASS, share=0.85),
    _Rung(method=FitMethod.SCALED, share=0.85, scale=0.75),
)


def fit(request: FitRequest) -> Mapping[str, object]:
    """Try one method after the other until the clip fits; returns the method and the size in bytes.

    The clip is at the target, unless it is `untouched`. Raises CannotFit, BadClip.
    """
    size = request.source.stat().st_size
    with open_clip(request.source) as reader:
        plays, seconds, comment = _plays(reader), float(reader.frames / reader.rate), reader.comment
    fits = plays and size <= request.limit
    if fits and is_faststart(request.source) and request.comment in (None, comment):
        return {"method": FitMethod.UNTOUCHED, "bytes": size}
    made, sizes = request.scratch / "made.mp4", list[int]()
    for method in _attempts(request, made, seconds, remuxable=fits):
        size = made.stat().st_size
        if size <= request.limit:
            made.replace(request.target)
            return {"method": method, "bytes": size}
        sizes.append(size)
    raise CannotFit(limit=request.limit, smallest=min(sizes))


def _plays(reader: VideoReader) -> bool:
    """Whether all of Discord's clients can decode it."""
    return (reader.file_type, reader.codec, reader.pixel_format) == (FileType.MP4, "h264", "yuv420p")


def _attempts(request: FitRequest, made: Path, seconds: float, *, remuxable: bool) -> Iterator[FitMethod]:
    """Write versions to `made`, the best first, and yield the method of each."""
    if remuxable:
        remux(request.source, made, request.comment)
        yield FitMethod.REMUXED
    for rung in _RUNGS:
        encode(request.source, made, _settings(request, rung, seconds))
        yield rung.method


def _settings(request: FitRequest, rung: _Rung, seconds: float) -> EncodeSettings:
    """Turn a share of the limit into a bitrate for a clip of that many seconds."""
    return EncodeSettings(
        bitrate=min(max(round(request.limit * 8 * rung.share / seconds), _BITRATES[0]), _BITRATES[1]),
        scale=rung.scale,
        stats=None if rung.method is FitMethod.CRF else request.scratch / "passes.log",
        comment=request.comment,
    )
