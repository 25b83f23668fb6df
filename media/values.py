"""What the room hands out: a clean picture, what a clip is, how it was made to fit."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MAX_PICTURE_BYTES = 25_000_000
MAX_PICTURE_PIXELS = 50_000_000


class PictureIssue(StrEnum):
    """A word of advice about a picture; never a reason to refuse it."""

    ANIMATED = "animated"  # only the first frame was taken
    TRANSPARENT = "transparent"  # what shone through is grey now
    SMALL = "small"
    DARK = "dark"
    BLURRED = "blurred"
    EXTREME_ASPECT = "extreme_aspect"
    SHRUNK = "shrunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that may be trusted: PNG, sRGB, 8 bits, upright, one frame, no metadata. Sizes in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int
    sha256: str
    issues: frozenset[PictureIssue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a video file is. `faststart`: its index stands before its frames, so it plays while it loads."""

    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    codec: str
    pixel_format: str
    bytes: int
    faststart: bool


class FitMethod(StrEnum):
    """Which rung of the ladder a clip stands on."""

    UNTOUCHED = "untouched"
    REMUXED = "remuxed"
    CRF = "crf"
    TWO_PASS = "two_pass"  # noqa: S105 - a rung, no password
    SCALED = "scaled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A clip that Discord plays and takes: where it lies, its size, and what was done to it."""

    path: Path
    bytes: int
    method: FitMethod
