"""The demo's own picture."""

from media import Media
from media.sample import sample_picture
from tests.unit.media.sample_pictures import opened


async def test_the_sample_is_the_same_each_time_and_a_picture_that_nothing_can_be_said_against(
    media: Media,
) -> None:
    sample = sample_picture()
    assert sample == sample_picture()
    assert opened(sample).size == (1024, 768)
    assert not (await media.clean_picture(sample)).issues
