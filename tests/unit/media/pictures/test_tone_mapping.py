"""High dynamic range is compressed without a jump, and never beyond the screen."""

import pytest

from media.pictures.colour_space import HighRange
from media.pictures.tone_mapping import linear_light, mapped, srgb_code

REC_2020 = (0.2627, 0.678, 0.0593)


@pytest.mark.parametrize("transfer", HighRange)
@pytest.mark.parametrize("peak", [0.0, 100.0, 300.0, 4000.0, 10_000.0])
def test_brighter_stays_brighter_up_to_the_screens_white(transfer: HighRange, peak: float) -> None:
    values = []
    for step in range(256):
        light = linear_light(step / 255, transfer)
        values.append(mapped((light, light, light), REC_2020, transfer, peak)[0])
    assert values == pytest.approx(sorted(values), abs=1e-6)
    assert values[0] == 0
    assert max(values) <= 1.000001


def test_papers_white_leaves_room_for_what_is_brighter() -> None:
    white = linear_light(0.5807, HighRange.PQ)  # 203 cd/m²
    assert white == pytest.approx(1, rel=0.01)
    assert mapped((white,) * 3, REC_2020, HighRange.PQ)[0] == pytest.approx(0.5, abs=0.01)
    assert (srgb_code(-1), srgb_code(0), srgb_code(1), srgb_code(9)) == pytest.approx((0, 0, 1, 1))
