"""What flows over the links of a graph beside numbers and texts: latents, frames, sound, videos."""

import hashlib
from dataclasses import dataclass, replace

from PIL import Image

from playground.comfyui.execution.fake_video import FakeVideo, make_fake_video


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound of `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What one cell of a latent stands for: `pixels` each way, and `frames` (of the first one always 1)."""

    pixels: int = 8
    frames: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """The frames that a sampler works on, and those that it made.

    Size in pixels and length in frames are those that a decoder gives. `first` and `last` are the
    pictures that it is to begin and end with; `motion` says how it moves once a sampler has run;
    `sound` is sampled with the frames.
    """

    width: int
    height: int
    frames: int
    grid: Grid = Grid()
    first: Image.Image | None = None
    last: Image.Image | None = None
    motion: str | None = None
    sound: Sound | None = None

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return self.width // self.grid.pixels

    @property
    def rows(self) -> int:
        """Cells in a column."""
        return self.height // self.grid.pixels

    @property
    def length(self) -> int:
        """Cells in time."""
        return (self.frames - 1) // self.grid.frames + 1

    @property
    def picture(self) -> Image.Image:
        """What it shows: the first picture, or a plain one where none was given."""
        return self.first or self.last or _plain_picture(self.motion or "", self.width, self.height)

    def without(self, cells: int) -> "Latent":
        """Without that many cells at the beginning."""
        return replace(self, frames=max(self.frames - cells * self.grid.frames, 1))

    def scaled(self, factor: float) -> "Latent":
        """In another size, in whole cells."""
        pixels = self.grid.pixels
        width, height = round(self.columns * factor) * pixels, round(self.rows * factor) * pixels
        return replace(self, width=width, height=height)

    def decoded(self) -> FakeVideo:
        """The frames that a decoder makes of it."""
        last = self.last if self.first else None
        size = (self.width, self.height, self.frames)
        return make_fake_video(self.picture, *size, self.motion or "", last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """Frames, how many of them a second has, and the sound that belongs to them."""

    fake_video: FakeVideo
    fps: float
    sound: Sound | None = None


def _plain_picture(text: str, width: int, height: int) -> Image.Image:
    """A picture of one colour, chosen by the text."""
    red, green, blue = hashlib.sha256(text.encode()).digest()[:3]
    return Image.new("RGB", (max(width, 1), max(height, 1)), (red, green, blue))
