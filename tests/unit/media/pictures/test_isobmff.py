"""The colour that an AVIF names by code points is found, whatever stands around it."""

import struct

import pytest

from media.pictures.colour_space import HighRange, space_by_cicp
from media.pictures.isobmff import read_isobmff
from tests.unit.media.pictures.picture_files import box, cleaned, corners
from tests.unit.media.sample_pictures import ftyp, save


def avif(*properties: bytes) -> bytes:
    boxes = box(b"iprp", box(b"ipco", b"".join(properties)))
    return ftyp(b"avif") + box(b"meta", bytes(4) + boxes)


def nclx(primaries: int, transfer: int) -> bytes:
    return box(b"colr", b"nclx" + struct.pack(">3HB", primaries, transfer, 9, 128))


def test_code_points_and_the_brightest_pixel_are_read() -> None:
    space = read_isobmff(avif(box(b"clli", struct.pack(">HH", 4000, 400)), nclx(9, 16))).colour
    assert space == space_by_cicp(9, 16, 4000)
    assert space is not None
    assert space.transfer is HighRange.PQ
    assert read_isobmff(avif(nclx(1, 1))).colour is None


@pytest.mark.parametrize(
    "data", [b"", avif(), avif(box(b"colr", b"nclx")), avif(b"\0\0\0\2colr"), avif()[:30]]
)
def test_nonsense_names_no_colour(data: bytes) -> None:
    assert read_isobmff(data).colour is None


def test_a_wide_gamut_is_converted() -> None:
    data = save(corners(), "AVIF", quality=95)
    at = data.index(b"nclx") + 4
    wide = cleaned(data[:at] + struct.pack(">HH", 9, 16) + data[at + 4 :], "avif")
    assert wide.getpixel((10, 10)) != cleaned(data, "avif").getpixel((10, 10))
