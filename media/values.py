"""The results of this package: a clean picture, a clip's measurements, how a clip was made to fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from media.file_types import FileType

MAX_PICTURE_BYTES = 25_000_000
# What a child decodes in less than 400 MB and in a few seconds: a JPEG at an eighth of its sides, a PNG row
# by row, the others as a whole with copies of it.
MAX_PIXELS: Mapping[FileType, int] = {
    FileType.JPEG: 200_000_000,
    FileType.PNG: 50_000_000,
    FileType.GIF: 50_000_000,
    FileType.WEBP: 17_000_000,
    FileType.AVIF: 20_000_000,
    FileType.HEIC: 50_000_000,
}
MAX_PICTURE_PIXELS = max(MAX_PIXELS.values())


class PictureIssue(StrEnum):
    """What may disappoint about a picture; advice, never a reason to refuse it."""

    ANIMATED = "animated"  # only the first frame is used
    TRANSPARENT = "transparent"  # transparent pixels became grey
    SMALL = "small"
    DARK = "dark"
    BLURRED = "blurred"
    EXTREME_ASPECT = "extreme_aspect"
    SHRUNK = "shrunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A clean picture: PNG, sRGB, 8 bits, upright, one frame, no metadata. Sizes in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int
    sha256: str
    issues: frozenset[PictureIssue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A video file's measurements. `faststart`: the index precedes the frames, so it plays while it loads.

    `sound`: whether it has any, also where that cannot be decoded.
    """

    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    codec: str
    pixel_format: str
    bytes: int
    faststart: bool
    sound: bool


class FitMethod(StrEnum):
    """How a clip was made to fit; the order in which `media.codecs.ladder` tries them."""

    UNTOUCHED = "untouched"
    REMUXED = "remuxed"
    CRF = "crf"
    TWO_PASS = "two_pass"  # noqa: S105 - no password
    SCALED = "scaled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A clip that Discord accepts and plays: its path, its size in bytes, and how it was made."""

    path: Path
    bytes: int
    method: FitMethod
