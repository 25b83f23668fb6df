"""Every clip gets a size that the model is at home in."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import Aspect, size_for
from media.sizes import SIZES


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        ((1920, 1080), (832, 480)),
        ((1080, 1920), (480, 832)),
        ((1000, 1000), (624, 624)),
        ((4032, 3024), (720, 544)),
        ((3024, 4032), (544, 720)),
        ((10_000, 10), (832, 480)),
    ],
)
def test_auto_takes_the_nearest_shape(picture: tuple[int, int], size: tuple[int, int]) -> None:
    assert size_for(*picture, Aspect.AUTO) == size


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Aspect.LANDSCAPE, (832, 480)), (Aspect.PORTRAIT, (480, 832)), (Aspect.SQUARE, (624, 624))],
)
def test_an_asked_shape_is_given_whatever_the_picture(aspect: Aspect, size: tuple[int, int]) -> None:
    assert size_for(100, 900, aspect) == size


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_turning_the_picture_turns_the_size(width: int, height: int) -> None:
    across, upright = size_for(width, height, Aspect.AUTO), size_for(height, width, Aspect.AUTO)
    assert math.isclose(across[0] / across[1], upright[1] / upright[0])


def test_sizes_are_multiples_of_sixteen_near_four_hundred_thousand_pixels() -> None:
    for width, height in SIZES:
        assert width % 16 == height % 16 == 0
        assert 380_000 <= width * height <= 400_000
