"""The pixels of a picture are known before it is decoded."""

import pytest

from media.dimensions import UNKNOWN, pixels_of
from media.file_types import FileType
from tests.unit.media.sample_pictures import photo, save


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_format_tells_its_pixels(image_format: str, mode: str) -> None:
    image = photo(130, 70).convert("RGB" if image_format == "JPEG" else mode)
    data = save(
        image, image_format, **({"lossless": True} if mode == "RGBA" and image_format == "WEBP" else {})
    )
    assert pixels_of(data, FileType(image_format.lower())) == 130 * 70
    assert pixels_of(save(image, image_format), FileType(image_format.lower())) == 130 * 70


def test_what_tells_nothing_is_unknown() -> None:
    assert pixels_of(b"\xff\xd8\xff", FileType.JPEG) == pixels_of(b"", FileType.AVIF) == UNKNOWN
