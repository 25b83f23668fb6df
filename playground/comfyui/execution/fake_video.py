"""Frames without a model: a camera that moves over the picture, its path drawn from seed and prompt."""

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont

CAPTION = "PLAYGROUND · no model ran"
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the camera sees: a centre (parts of the picture, 0 … 1) and a magnification of at least 1."""

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
    """A picture and a camera's path over it, as `frames` frames of `width` × `height` pixels."""

    picture: Image.Image
    width: int
    height: int
    frames: int
    start: View
    end: View

    def frame(self, index: int) -> Image.Image:
        """Frame `index` with the caption burnt in."""
        part = index / max(self.frames - 1, 1)
        eased = part * part * (3 - 2 * part)
        view = View(
            x=_between(self.start.x, self.end.x, eased),
            y=_between(self.start.y, self.end.y, eased),
            zoom=_between(self.start.zoom, self.end.zoom, eased),
        )
        image = self.picture.resize((self.width, self.height), _BILINEAR, box=view.box(*self.picture.size))
        draw_caption(image)
        return image


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A film and its frames per second."""

    fake_video: FakeVideo
    fps: float


def make_fake_video(
    picture: Image.Image, width: int, height: int, frames: int, seed: int, prompt: str
) -> FakeVideo:
    """Choose a path: the seed decides it, the prompt nudges it, equal ones repeat it."""
    chance = random.Random(f"{seed}|{prompt}")
    start, end = _view(chance), _view(chance)
    return FakeVideo(picture=picture, width=width, height=height, frames=frames, start=start, end=end)


def render_preview(picture: Image.Image, part_done: float) -> Image.Image:
    """A small picture that gets sharper as sampling goes on (`part_done` from 0 to 1)."""
    small = picture.copy()
    small.thumbnail((416, 416))
    return small.filter(ImageFilter.GaussianBlur(12 * (1 - part_done)))


def draw_caption(image: Image.Image) -> None:
    """Say on the picture that no model ran."""
    size = max(image.width // 40, 7)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    at = (size // 2, image.height - size - size // 2)
    draw.text(at, CAPTION, font=font, fill="white", stroke_width=max(size // 10, 1), stroke_fill="black")


def _view(chance: random.Random) -> View:
    return View(x=chance.random(), y=chance.random(), zoom=chance.uniform(1.05, 1.6))


def _between(a: float, b: float, part: float) -> float:
    return a + (b - a) * part
