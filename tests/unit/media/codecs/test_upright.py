"""Frames are shown as a player does: turned, and with square pixels."""

import struct
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from media import FitMethod
from media.codecs.clips import last_frame, probe
from media.codecs.concat import join
from media.codecs.ladder import FitRequest, fit
from media.codecs.upright import display_of
from media.errors import BadClip
from tests.unit.media.sample_clips import SIZE, corner_frames, write_clip
from tests.unit.media.sample_pictures import near

ONE = 0x10000
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
# The colours of the corners as shown, in reading order, by the four numbers of the display matrix.
TURNS = {
    "90° clockwise": ((0, ONE, -ONE, 0), (BLUE, RED, YELLOW, GREEN)),
    "90° anticlockwise": ((0, -ONE, ONE, 0), (GREEN, YELLOW, RED, BLUE)),
    "180°": ((-ONE, 0, 0, -ONE), (YELLOW, BLUE, GREEN, RED)),
    "mirrored": ((-ONE, 0, 0, ONE), (GREEN, RED, YELLOW, BLUE)),
    "upside down": ((ONE, 0, 0, -ONE), (BLUE, YELLOW, RED, GREEN)),
    "transposed": ((0, ONE, ONE, 0), (RED, BLUE, GREEN, YELLOW)),
}


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """The clip with these numbers in the matrix of its track header, ISO/IEC 14496-12, 8.3.2."""
    data = bytearray(path.read_bytes())
    at, (a, b, c, d) = data.index(b"tkhd") + 44, matrix
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def converted(source: Path) -> tuple[str, Path]:
    target = source.with_name("fitted.mp4")
    request = FitRequest(source=source, target=target, scratch=source.parent, limit=10**7, comment="AI")
    return str(fit(request)["method"]), target


def corners(image: Image.Image) -> list[object]:
    right, bottom = image.width - 9, image.height - 9
    return [image.getpixel(point) for point in ((9, 9), (right, 9), (9, bottom), (right, bottom))]


def coded(path: Path) -> Image.Image:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_image()


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_clip_stands_upright_when_it_is_encoded_and_in_its_pictures(
    tmp_path: Path, turn: str
) -> None:
    matrix, expected = TURNS[turn]
    source = turned(write_clip(tmp_path / "a.mp4", corner_frames(), pixel_format="yuv444p"), matrix)
    size = SIZE if matrix[0] else SIZE[::-1]
    method, path = converted(source)
    assert method == FitMethod.CRF
    measured = [probe(each) for each in (source, path)]
    assert [(each["width"], each["height"]) for each in measured] == [size, size]
    for image in (coded(path), Image.open(BytesIO(last_frame(source)))):
        assert image.size == size
        assert all(near(at, colour, 12) for at, colour in zip(corners(image), expected, strict=True))


def test_a_turn_stays_beside_frames_that_are_copied(tmp_path: Path) -> None:
    matrix = TURNS["90° clockwise"][0]
    source = turned(write_clip(tmp_path / "a.mp4", corner_frames()), matrix)
    method, path = converted(source)
    assert method == FitMethod.REMUXED
    join((source, source), tmp_path / "b.mp4")
    for each in (path, tmp_path / "b.mp4"):
        assert (probe(each)["width"], probe(each)["height"]) == SIZE[::-1]
    with pytest.raises(BadClip, match="not_alike"):
        join((source, write_clip(tmp_path / "c.mp4", corner_frames())), tmp_path / "d.mp4")


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Fraction(2), (384, 128)), (Fraction(1, 2), (192, 256)), (Fraction(4, 3), (256, 128))],
)
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    for pixel_format, expected in (("yuv444p", FitMethod.CRF), ("yuv420p", FitMethod.REMUXED)):
        source = write_clip(tmp_path / "a.mp4", corner_frames(), pixel_format=pixel_format, aspect=aspect)
        method, path = converted(source)
        assert method == expected
        for each in (source, path):
            assert (probe(each)["width"], probe(each)["height"]) == size
        assert Image.open(BytesIO(last_frame(source))).size == size


def test_absurd_pixels_and_odd_turns_are_ignored() -> None:
    frame = av.VideoFrame(64, 48)
    for aspect in (None, Fraction(0), Fraction(1), Fraction(900), Fraction(1, 900)):
        display = display_of(frame, aspect)
        assert (display.size, display.show(frame)) == ((64, 48), frame)
    assert display_of(frame, Fraction(3, 2)).size == (96, 48)
