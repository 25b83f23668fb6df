"""Colours of files that name their space by numbers become those of sRGB, as Chromium 156 shows them."""

import pytest
from PIL import Image

from media.pictures.colour import make_profile, to_srgb
from media.pictures.colour_space import SRGB_PRIMARIES, ColourSpace, HighRange, space_by_cicp
from tests.sampling import one_in
from tests.unit.media.sample_pictures import near


@pytest.mark.parametrize(
    ("primaries", "transfer", "code", "expected"),
    one_in(
        3,
        [
            (1, 8, (128, 128, 128), (188, 188, 188)),  # linear
            (1, 1, (128, 128, 128), (121, 121, 121)),
            (12, 13, (234, 51, 35), (255, 0, 0)),  # Display P3
            (9, 16, (130, 130, 130), (137, 137, 137)),  # PQ, measured
            (9, 16, (180, 180, 180), (242, 242, 242)),
            (9, 16, (255, 255, 255), (255, 255, 255)),
            (9, 18, (140, 140, 140), (111, 111, 111)),  # HLG, measured
            (9, 18, (220, 220, 220), (224, 224, 224)),
        ],
    ),
)
def test_code_points_are_converted(
    primaries: int, transfer: int, code: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    image = to_srgb(Image.new("RGB", (4, 4), code), None, space_by_cicp(primaries, transfer))
    assert near(image.getpixel((1, 1)), expected, 3)


@pytest.mark.parametrize("primaries", [(0.0,) * 8, (0.3,) * 8, (9e9,) * 8])
@pytest.mark.parametrize("transfer", [HighRange.PQ, (2.2, 1.0, 0.0, 0.0, 0.0), (1e9, 1.0, 0.0, 0.0, 0.0)])
def test_a_space_that_cannot_be_is_ignored(
    primaries: tuple[float, ...], transfer: HighRange | tuple[float, ...]
) -> None:
    image = Image.new("RGB", (4, 4), (1, 2, 3))
    assert to_srgb(image, None, ColourSpace(primaries, transfer)).size == (4, 4)


def test_a_made_profile_of_srgb_changes_nothing() -> None:
    profile = make_profile(SRGB_PRIMARIES, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    image = to_srgb(Image.new("RGB", (4, 4), (200, 60, 7)), profile, None)
    assert near(image.getpixel((1, 1)), (200, 60, 7), 1)
