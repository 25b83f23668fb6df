"""The other pictures that the demo's page offers."""

from collections.abc import Callable

import pytest

from media import Media
from media.sample_scenes import balloon_picture, campfire_picture


@pytest.mark.parametrize("draw", [balloon_picture, campfire_picture])
async def test_they_are_the_same_each_time_and_nothing_can_be_said_against_them(
    media: Media, draw: Callable[[], bytes]
) -> None:
    drawn = draw()
    assert drawn == draw()
    assert not (await media.clean_picture(drawn)).issues
