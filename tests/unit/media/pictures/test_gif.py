"""What no frame of a GIF has drawn is transparent."""

import struct

from PIL import Image

from media.pictures.gif import read_gif
from tests.unit.media.pictures.picture_files import channels, cleaned
from tests.unit.media.sample_pictures import save


def moved(left: int, top: int) -> bytes:
    """A red GIF of 100 × 100 pixels whose one frame of 60 × 60 stands there."""
    small = save(Image.new("P", (60, 60), 0), "GIF", palette=b"\xff\0\0" + bytes(765))
    at = small.index(b",", 13)
    place = struct.pack("<4H", left, top, 60, 60)
    return small[:6] + struct.pack("<HH", 100, 100) + small[10 : at + 1] + place + small[at + 9 :]


def test_a_frame_that_does_not_cover_the_screen_stands_on_the_background() -> None:
    image = cleaned(moved(30, 20), "gif")
    assert image.size == (100, 100)
    assert channels(image, (5, 5)) == channels(image, (95, 95)) == (128, 128, 128)
    assert channels(image, (60, 50))[1:] != (128, 128)


def test_a_frame_beyond_the_screen_makes_it_larger() -> None:
    image = cleaned(moved(70, 70), "gif")
    assert image.size == (130, 130)
    assert channels(image, (5, 5)) == (128, 128, 128)


def test_one_that_covers_it_stays_as_it_is_and_nonsense_too() -> None:
    whole = save(Image.new("P", (60, 60), 0), "GIF")
    for data in (whole, b"GIF89a", b"GIF89a" + b"\xff" * 40, whole[:10]):
        assert read_gif(data).data == data
