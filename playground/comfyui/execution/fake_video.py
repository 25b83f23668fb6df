"""Fake videos, made without a model: a crop that moves over the picture, chosen by seed and prompt."""

import functools
import math
import random
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFilter, ImageFont

CAPTION = "PLAYGROUND · no model ran"
_LARGEST = 2  # times the size of a frame
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A part of the picture: its centre (x and y from 0 to 1) and a magnification of at least 1."""

    x: float
    y: float
    zoom: float

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The piece of the picture in pixels, always inside it."""
        w, h = width / self.zoom, height / self.zoom
        left, top = self.x * (width - w), self.y * (height - h)
        return left, top, left + w, top + h


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeVideo:
    """`frames` frames of `width` × `height` pixels, whose crop moves over `picture` from `start` to `end`.

    With a `last` picture the frames fade into it: the last frame shows that one alone.
    """

    picture: Image.Image
    width: int
    height: int
    frames: int
    start: Crop
    end: Crop
    last: Image.Image | None = None

    def frame(self, index: int) -> Image.Image:
        """Frame `index` with the caption burnt in."""
        part = index / max(self.frames - 1, 1)
        eased = part * part * (3 - 2 * part)
        image = self._cropped(self.picture, eased)
        if self.last is not None:
            image = Image.blend(image, self._cropped(self.last, eased), eased)
        draw_caption(image)
        return image

    def numbered_frame(self, index: int) -> Image.Image:
        """Frame `index` with its number: WebP, GIF and APNG merge frames that look alike."""
        image = self.frame(index)
        _write(image, str(index), (1, 1))
        return image

    def resized(self, width: int, height: int) -> "FakeVideo":
        """The same frames at another size."""
        return replace(self, width=width, height=height)

    def with_frames(self, frames: int) -> "FakeVideo":
        """The same movement in another number of frames."""
        return replace(self, frames=max(frames, 1))

    def _cropped(self, picture: Image.Image, part: float) -> Image.Image:
        crop = Crop(
            x=_between(self.start.x, self.end.x, part),
            y=_between(self.start.y, self.end.y, part),
            zoom=_between(self.start.zoom, self.end.zoom, part),
        )
        return picture.resize((self.width, self.height), _BILINEAR, box=crop.box(*picture.size))


def make_fake_video(
    picture: Image.Image,
    width: int,
    height: int,
    frames: int,
    motion: str,
    last: Image.Image | None = None,
) -> FakeVideo:
    """A fake video with random first and last crop: the same ones for the same `motion` (seed and prompt)."""
    rng = random.Random(motion)
    start, end = _random_crop(rng), _random_crop(rng)
    return FakeVideo(
        picture=_shrunk(picture, width, height),
        width=width,
        height=height,
        frames=frames,
        start=start,
        end=end,
        last=last and _shrunk(last, width, height),
    )


def render_preview(picture: Image.Image, part_done: float) -> Image.Image:
    """A small picture that gets sharper as sampling goes on (`part_done` from 0 to 1)."""
    small = picture.copy()
    small.thumbnail((416, 416))
    return small.filter(ImageFilter.GaussianBlur(12 * (1 - part_done)))


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


def _shrunk(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture at the size that its crops need, since each frame reads all of it."""
    sizes = (picture.width // max(width * _LARGEST, 1), picture.height // max(height * _LARGEST, 1))
    return picture.reduce(min(sizes)) if min(sizes) > 1 else picture


def _random_crop(rng: random.Random) -> Crop:
    return Crop(x=rng.random(), y=rng.random(), zoom=rng.uniform(1.05, 1.6))


def _between(a: float, b: float, part: float) -> float:
    return a + (b - a) * part
