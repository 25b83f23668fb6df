"""JPEGs with short segments, without their end, and of hundreds of megapixels are read; cut ones are not."""

import pytest

from media import PictureFault
from media.pictures.jpeg import read_jpeg
from tests.unit.media.pictures.picture_files import cleaned, corners, refused, segment, shows
from tests.unit.media.sample_pictures import display_p3, save

JPEG = save(corners(), "JPEG", quality=95)


@pytest.mark.parametrize("marker", [*range(0xE0, 0xF0), 0xFE])
@pytest.mark.parametrize(
    "body",
    [b"", b"JFIF\0", b"Adobe\0d", b"Exif\0\0", b"ICC_PROFILE\0", b"MPF\0", b"Photoshop 3.0\08BIM\3\xed"],
)
def test_a_short_segment_is_no_fault(marker: int, body: bytes) -> None:
    assert shows(cleaned(JPEG[:2] + segment(marker, body) + JPEG[2:], "jpeg"))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_is_whole_and_one_without_pixels_is_broken(progressive: bool) -> None:
    jpeg = save(corners().resize((600, 520)), "JPEG", quality=95, progressive=progressive)
    for whole in (jpeg[:-1], jpeg[:-2], jpeg[:-2] + bytes(1)):
        assert cleaned(whole, "jpeg").tobytes() == cleaned(jpeg, "jpeg").tobytes()
    for length in (2, 100, len(jpeg) // 3, len(jpeg) // 2):
        assert refused(jpeg[:length], "jpeg").code is PictureFault.BROKEN


def test_the_profile_is_put_together_from_its_parts_in_their_order() -> None:
    parts = [display_p3()[:100], display_p3()[100:]]
    segments = [segment(0xE2, b"ICC_PROFILE\0" + bytes((at + 1, 2)) + part) for at, part in enumerate(parts)]
    assert read_jpeg(JPEG[:2] + b"".join(reversed(segments)) + JPEG[2:]).profile == display_p3()


def test_a_progressive_jpeg_costs_its_coefficients() -> None:
    assert read_jpeg(JPEG).working_bytes == 0
    progressive = save(corners(), "JPEG", progressive=True, subsampling="4:2:0")
    assert read_jpeg(progressive).working_bytes == 300 * 260 * 2 * 3 // 2


def test_one_too_costly_is_refused_with_the_megapixels_that_are_possible() -> None:
    jpeg = save(corners(), "JPEG", progressive=True, subsampling="4:4:4")
    at = jpeg.index(b"\xff\xc2")
    large = jpeg[: at + 5] + (8000).to_bytes(2, "big") * 2 + jpeg[at + 9 :]
    fault = refused(large, "jpeg")
    assert (fault.code, fault.limit) == (PictureFault.TOO_MANY_PIXELS, 43)
