"""Show frames as a player does: turned by the display matrix, with square pixels."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import struct
from dataclasses import dataclass
from fractions import Fraction

import av
from av.sidedata.sidedata import Type
from PIL import Image

_MAX_PIXEL_ASPECT = 8  # to one: more is a mistake of the file
_MAX_SIDE = 8192  # pixels, after stretching
_MATRIX = struct.Struct("=9i")  # libavutil/display.h
_Turn = Image.Transpose
# By the signs of the four numbers of the matrix that turn: a picture of x, y is shown at ax + cy, bx + dy.
_TURNS = {
    (0, 1, -1, 0): _Turn.ROTATE_270,  # Pillow turns anticlockwise
    (0, -1, 1, 0): _Turn.ROTATE_90,
    (-1, 0, 0, -1): _Turn.ROTATE_180,
    (-1, 0, 0, 1): _Turn.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): _Turn.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): _Turn.TRANSPOSE,
    (0, -1, -1, 0): _Turn.TRANSVERSE,
}
_ON_ITS_SIDE = frozenset({_Turn.ROTATE_90, _Turn.ROTATE_270, _Turn.TRANSPOSE, _Turn.TRANSVERSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How coded frames are shown: stretched to `stretched` (width, height), then turned."""

    stretched: tuple[int, int]
    turn: Image.Transpose | None
    changes: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as shown."""
        width, height = self.stretched
        return (height, width) if self.turn in _ON_ITS_SIDE else (width, height)

    def show(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as it is shown; RGB where it had to be changed. Keeps its time."""
        if not self.changes:
            return frame
        image = frame.to_image().resize(self.stretched, Image.Resampling.LANCZOS)
        shown = av.VideoFrame.from_image(image if self.turn is None else image.transpose(self.turn))
        shown.pts, shown.time_base = frame.pts, frame.time_base
        return shown


def display_of(frame: av.VideoFrame, pixel_aspect: Fraction | None) -> Display:
    """How frames like this one are shown, whose pixels are `pixel_aspect` times as wide as they are high."""
    stretched, turn = _stretched((frame.width, frame.height), pixel_aspect), _turn_of(frame)
    changes = turn is not None or stretched != (frame.width, frame.height)
    return Display(stretched=stretched, turn=turn, changes=changes)


def _stretched(size: tuple[int, int], pixel_aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels: one side grows, none is made smaller."""
    width, height = size
    if not pixel_aspect or not 1 / _MAX_PIXEL_ASPECT <= pixel_aspect <= _MAX_PIXEL_ASPECT:
        return size
    stretched = (round(max(width, width * pixel_aspect)), round(max(height, height / pixel_aspect)))
    return stretched if max(stretched) <= _MAX_SIDE else size


def _turn_of(frame: av.VideoFrame) -> Image.Transpose | None:
    """The turn by the frame's display matrix; None for one that turns by no quarters."""
    side_data = frame.side_data.get(Type.DISPLAYMATRIX)  # pyright: ignore[reportArgumentType, reportCallIssue] - the stub knows names only
    if side_data is None:
        return None
    a, b, _, c, d, *_ = _MATRIX.unpack(bytes(side_data)[: _MATRIX.size])
    return _TURNS.get((_sign(a), _sign(b), _sign(c), _sign(d)))


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
