"""The demo's own picture."""

from PIL import Image

from media import Media
from media.sample import CLIP_FRAMES, CLIP_SIZE, sample_frames, sample_picture
from tests.unit.media.sample_pictures import opened


async def test_the_sample_is_the_same_each_time_and_a_picture_that_nothing_can_be_said_against(
    media: Media,
) -> None:
    sample = sample_picture()
    assert sample == sample_picture()
    assert opened(sample).size == (1024, 768)
    assert not (await media.clean_picture(sample)).issues


def test_the_frames_begin_with_the_sample_and_move_to_their_end() -> None:
    frames = list(sample_frames())
    assert {frame.size for frame in frames} == {CLIP_SIZE}
    still = opened(sample_picture()).convert("RGB").resize(CLIP_SIZE, Image.Resampling.BILINEAR)
    assert frames[0].tobytes() == still.tobytes()
    assert len({frame.tobytes() for frame in frames}) == len(frames) == CLIP_FRAMES
