"""A picture that fades in is represented by a frame that shows it, any other animation by its first."""

import pytest
from PIL import Image

from media.pictures.frames import is_animated
from tests.unit.media.pictures.picture_files import cleaned, corners, shows
from tests.unit.media.sample_pictures import opened, save


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("ground", ["white", "black"])
def test_a_picture_that_fades_in_is_shown_when_it_is_there(image_format: str, ground: str) -> None:
    plain = Image.new("RGB", (300, 260), ground)
    frames = [Image.blend(plain, corners(), step / 9) for step in range(10)]
    data = save(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)
    assert shows(cleaned(data, image_format.lower()), within=40)


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP"])
def test_any_other_animation_is_represented_by_its_first_frame(image_format: str) -> None:
    others = [corners().transpose(Image.Transpose.ROTATE_180), Image.new("RGB", (300, 260), "white")]
    data = save(corners(), image_format, save_all=True, append_images=others, duration=50)
    assert shows(cleaned(data, image_format.lower()))


@pytest.mark.parametrize("image_format", ["GIF", "PNG"])
def test_frames_of_a_palette_keep_its_colours(image_format: str) -> None:
    red, green = (Image.new("P", (300, 260), number) for number in (1, 2))
    for each in (red, green):
        each.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    data = save(red, image_format, save_all=True, append_images=[green], duration=50)
    assert cleaned(data, image_format.lower()).getpixel((150, 130)) == (255, 0, 0)


def test_one_frame_is_no_animation() -> None:
    assert not is_animated(opened(save(corners(), "GIF")))


def test_a_broken_later_frame_does_not_matter() -> None:
    plain = Image.new("RGB", (300, 260), "white")
    data = save(plain, "GIF", save_all=True, append_images=[corners(), plain, corners()], duration=50)
    assert cleaned(data[: len(data) * 3 // 4], "gif").size == (300, 260)
