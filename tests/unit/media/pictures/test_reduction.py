"""Long pictures are cut before they are made smaller, where they show something."""

import pytest
from PIL import Image

from media.pictures.reduction import cut_box, cut_length, is_transparent, normalised, reduced
from tests.unit.media.sample_pictures import photo


@pytest.mark.parametrize(
    ("size", "length"),
    [((600, 12_000), 2048), ((3000, 12_000), 7500), ((940, 2), 940), ((3000, 4), 2048), ((4000, 3000), 4000)],
)
def test_a_long_picture_keeps_what_stays_large_enough(size: tuple[int, int], length: int) -> None:
    assert cut_length(size, 2048) == length


def test_the_middle_is_kept_unless_it_is_plain() -> None:
    strip = Image.new("RGB", (100, 2000), "white")
    assert cut_box(strip, 400) == (0, 800, 100, 1200)
    strip.paste(photo(100, 300), (0, 100))
    _, top, _, bottom = cut_box(strip, 400)
    assert top < 400 < bottom or top < 300
    assert cut_box(strip.transpose(Image.Transpose.ROTATE_90), 400)[1::2] == (0, 100)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 2), (330, 210)])
def test_every_mode_and_size_is_reduced(mode: str, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (90, 90, 90)).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.new(mode, size, 90 * 257)
    made = reduced(image, (0, 0, *size), 50)
    assert made.mode in ("L", "LA", "RGB", "RGBA", "CMYK")
    assert max(made.size) <= 50
    assert mode in ("1", "P") or abs(int(made.convert("L").getpixel((0, 0)) or 0) - 90) <= 2  # type: ignore[arg-type]


def test_transparency_becomes_a_channel() -> None:
    image = Image.new("P", (4, 4), 1)
    image.info["transparency"] = 1
    assert is_transparent(normalised(image))
    assert not is_transparent(Image.new("RGBA", (4, 4), "red"))
