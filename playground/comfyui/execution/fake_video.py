"""Fake videos, made without a model: a part of the picture that moves over it, chosen by seed and prompt."""

import functools
import math
import random
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont

CAPTION = "PLAYGROUND · no model ran"
_PREVIEW = 416  # pixels of the longer side
_COARSEST = 15  # pixels in one of the first preview
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeVideo:
    """`frames` frames of `width` × `height` pixels: the part of `picture` that is seen moves over it.

    `start` and `end`: where that part begins and ends, from 0 (left, top) to 1. With a `last` picture the
    frames fade into it: the last frame shows that one alone. Both are at least as large as a frame.
    """

    picture: Image.Image
    width: int
    height: int
    frames: int
    start: tuple[float, float]
    end: tuple[float, float]
    last: Image.Image | None = None

    def frame(self, index: int) -> Image.Image:
        """Frame `index` with the caption burnt in."""
        part = index / max(self.frames - 1, 1)
        eased = part * part * (3 - 2 * part)
        image = self._seen(self.picture, eased)
        if self.last is not None:
            image = Image.blend(image, self._seen(self.last, eased), eased)
        draw_caption(image)
        return image

    def numbered_frame(self, index: int) -> Image.Image:
        """Frame `index` with its number: WebP, GIF and APNG merge frames that look alike."""
        image = self.frame(index)
        _write(image, str(index), (1, 1))
        return image

    def resized(self, width: int, height: int) -> "FakeVideo":
        """The same frames at another size."""

        def scaled(picture: Image.Image) -> Image.Image:
            wide, high = picture.width * width / self.width, picture.height * height / self.height
            return picture.resize((max(round(wide), width), max(round(high), height)), _BILINEAR)

        last = self.last and scaled(self.last)
        return replace(self, picture=scaled(self.picture), last=last, width=width, height=height)

    def with_frames(self, frames: int) -> "FakeVideo":
        """The same movement in another number of frames."""
        return replace(self, frames=max(frames, 1))

    def _seen(self, picture: Image.Image, part: float) -> Image.Image:
        x, y = (a + (b - a) * part for a, b in zip(self.start, self.end, strict=True))
        left, top = round(x * (picture.width - self.width)), round(y * (picture.height - self.height))
        return picture.crop((left, top, left + self.width, top + self.height))


def make_fake_video(
    picture: Image.Image,
    width: int,
    height: int,
    frames: int,
    motion: str,
    last: Image.Image | None = None,
) -> FakeVideo:
    """A fake video with a random movement: the same for the same `motion` (seed and prompt)."""
    rng = random.Random(motion)
    zoom = rng.uniform(1.1, 1.6)
    size = math.ceil(width * zoom), math.ceil(height * zoom)
    return FakeVideo(
        picture=picture.resize(size, _BILINEAR, reducing_gap=2),
        width=width,
        height=height,
        frames=frames,
        start=(rng.random(), rng.random()),
        end=(rng.random(), rng.random()),
        last=last and last.resize(size, _BILINEAR, reducing_gap=2),
    )


def render_preview(picture: Image.Image, part_done: float) -> Image.Image:
    """A small picture that gets sharper as sampling goes on (`part_done` from 0 to 1)."""
    factor = min(_PREVIEW / max(picture.size), 1)
    size = max(round(picture.width * factor), 1), max(round(picture.height * factor), 1)
    grain = 1 + _COARSEST * (1 - part_done)
    coarse = max(round(size[0] / grain), 1), max(round(size[1] / grain), 1)
    return picture.resize(coarse, _BILINEAR, reducing_gap=2).resize(size, Image.Resampling.BICUBIC)


def draw_caption(image: Image.Image) -> None:
    """Write on the image that no model ran."""
    size = _text_size(image)
    _write(image, CAPTION, (size // 2, image.height - size - size // 2))


def _write(image: Image.Image, text: str, at: tuple[int, int]) -> None:
    written = _written(text, _text_size(image))
    image.paste(written, at, written)


@functools.lru_cache(maxsize=64)  # each frame of a clip shows the same
def _written(text: str, size: int) -> Image.Image:
    """White letters with a black edge, on nothing."""
    font, edge = ImageFont.load_default(size), max(size // 10, 1)
    _, _, right, bottom = font.getbbox(text, stroke_width=edge)
    image = Image.new("RGBA", (math.ceil(right), math.ceil(bottom)))
    ImageDraw.Draw(image).text((0, 0), text, font=font, fill="white", stroke_width=edge, stroke_fill="black")
    return image


def _text_size(image: Image.Image) -> int:
    return max(image.width // 40, 7)
