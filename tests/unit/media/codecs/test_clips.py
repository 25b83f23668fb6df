"""A clip's measurements, and its first and last frames."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from media import Clip, Media
from tests.unit.media.sample_clips import (
    RATE,
    SIZE,
    gradient_frames,
    write_clip,
)
from tests.unit.media.sample_pictures import near
from tests.unit.media.sample_sounds import write_sounding_clip


async def test_a_clip_is_measured(media: Media, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames())
    assert await media.probe_clip(path) == Clip(
        width=SIZE[0],
        height=SIZE[1],
        frames=17,
        fps=RATE,
        seconds=17 / RATE,
        codec="h264",
        pixel_format="yuv420p",
        bytes=path.stat().st_size,
        faststart=True,
        sound=False,
    )


async def test_an_index_at_the_end_is_seen(media: Media, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames(), faststart=False)
    assert not (await media.probe_clip(path)).faststart


async def test_the_poster_is_the_first_frame_and_the_last_is_the_last(media: Media, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", gradient_frames())
    poster = Image.open(BytesIO(await media.poster(path)))
    last = Image.open(BytesIO(await media.last_frame(path)))
    assert (poster.format, last.format) == ("JPEG", "PNG")
    assert poster.size == last.size == SIZE
    assert near(poster.getpixel((9, 9)), (255, 0, 0), 8)
    assert near(last.getpixel((9, 9)), (255, 255, 0), 8)


async def test_a_clip_with_sound_is_measured_as_such(media: Media, tmp_path: Path) -> None:
    assert (await media.probe_clip(write_sounding_clip(tmp_path / "a.mp4"))).sound
