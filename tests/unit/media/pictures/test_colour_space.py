"""Matrices and code points of colour spaces."""

import pytest

from media.pictures.colour_space import (
    SRGB_PRIMARIES,
    HighRange,
    apply,
    inverse,
    product,
    space_by_chromaticities,
    space_by_cicp,
    to_xyz,
)


def test_the_matrix_of_srgb_is_that_of_iec_61966() -> None:
    assert to_xyz(SRGB_PRIMARIES)[0] == pytest.approx((0.4124, 0.3576, 0.1805), abs=2e-4)
    assert sum(to_xyz(SRGB_PRIMARIES)[1]) == pytest.approx(1)


def test_a_matrix_times_its_inverse_changes_nothing() -> None:
    matrix = to_xyz(SRGB_PRIMARIES)
    assert apply(product(matrix, inverse(matrix)), (1, 2, 3)) == pytest.approx((1, 2, 3))
    with pytest.raises(ZeroDivisionError):
        inverse(((0, 0, 0),) * 3)


def test_srgb_and_what_is_left_open_need_no_conversion() -> None:
    assert space_by_cicp(1, 13) is space_by_cicp(2, 2) is space_by_cicp(255, 255) is None
    space = space_by_cicp(9, 16, 400)
    assert space is not None
    assert (space.transfer, space.peak) == (HighRange.PQ, 400)


def test_chromaticities_of_a_png_name_white_first() -> None:
    space = space_by_chromaticities(2.2, (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    assert space.primaries == pytest.approx(SRGB_PRIMARIES)
