"""Ranges of numbers, sizes of clips and their lengths, as a workflow says them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy import BUILT_IN, load_workflows
from comfy.graphs.ranges import Range
from comfy.workflows.workflow import SizeRule

WAN = load_workflows(BUILT_IN)["wan21_i2v"]
SIZES = WAN.rules.size
LTX = SizeRule(area=768 * 512, multiple=32, least=64, most=1280)


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
def test_a_list_of_sizes_gives_the_one_of_the_nearest_shape(
    picture: tuple[int, int], size: tuple[int, int]
) -> None:
    assert SIZES
    assert SIZES.fit(picture[0] / picture[1]) == size


@pytest.mark.parametrize(
    ("ratio", "size"),
    [(16 / 9, (832, 480)), (1, (640, 640)), (3 / 4, (544, 736)), (100, (992, 384)), (0.001, (384, 992))],
)
def test_an_area_gives_any_shape_up_to_two_and_a_half_to_one(ratio: float, size: tuple[int, int]) -> None:
    assert LTX.fit(ratio) == size


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from([SIZES, LTX]))
def test_turning_the_picture_turns_the_size(width: int, height: int, rule: SizeRule) -> None:
    across, upright = rule.fit(width / height), rule.fit(height / width)
    assert math.isclose(across[0] / across[1], upright[1] / upright[0])


def test_sides_stay_within_what_the_nodes_take() -> None:
    rule = SizeRule(area=4096 * 4096, multiple=32, least=100, most=1279)
    assert rule.fit(1) == (1248, 1248)
    assert SizeRule(area=1, multiple=32, least=100, most=1279).fit(1) == (128, 128)


@pytest.mark.parametrize(
    ("wanted", "nearest"), [(0, 5), (13, 5), (14, 22), (121, 124), (1000, 124), (123.9, 124)]
)
def test_a_stepped_range_gives_its_nearest_number(wanted: float, nearest: int) -> None:
    assert Range(least=5, most=130, step=17).nearest(wanted) == nearest
    assert nearest in Range(least=5, most=130, step=17)


def test_a_range_without_steps_only_has_ends() -> None:
    assert Range(least=0.1, most=1).nearest(7) == 1
    assert Range(least=0.1, most=1).nearest(0.55) == 0.55
    assert str(Range(least=0.1, most=1)) == "0.1 … 1"


def test_seconds_become_frames_after_the_first() -> None:
    assert [WAN.frames_for(seconds) for seconds in (1, 2.5, 5, 9)] == [17, 41, 81, 81]
    assert WAN.duration == Range(least=1, most=5)
