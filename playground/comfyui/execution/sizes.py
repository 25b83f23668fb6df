"""The width, height and frames that the Wan nodes make of the ones asked for, or their recorded errors."""

import math
from dataclasses import dataclass

from PIL import Image

from playground.comfyui.errors import NodeFailed

_STRIDE = 8  # pixels for one latent cell
_PATCH = 2  # latent cells for one token of the transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """What the sampler works on: sizes in latent cells, time in latent frames (4 but the first)."""

    picture: Image.Image
    columns: int
    rows: int
    latents: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.columns * _STRIDE

    @property
    def height(self) -> int:
        """Pixels."""
        return self.rows * _STRIDE

    @property
    def frames(self) -> int:
        """Always 4n+1."""
        return (self.latents - 1) * 4 + 1


def fit(picture: Image.Image, width: int, height: int, frames: int) -> Canvas:
    """WanVideoImageToVideoEncode and WanImageToVideo: stretch, round frames down to 4n+1 (40, 42)."""
    latents = (frames - 1) // 4 + 1
    return Canvas(picture=picture, columns=width // _STRIDE, rows=height // _STRIDE, latents=latents)


def fit_area(picture: Image.Image, width: int, height: int, frames: int) -> Canvas:
    """WanVideoImageClipEncode with adjust_resolution: keep the area, take the picture's aspect (30)."""
    aspect = picture.height / picture.width
    rows = _whole_patches(math.sqrt(width * height * aspect))
    columns = _whole_patches(math.sqrt(width * height / aspect))
    return check_frames(picture, columns, rows, frames)


def check_frames(picture: Image.Image, columns: int, rows: int, frames: int) -> Canvas:
    """The old node's crash on frames that are not 4n+1 (recordings 31, 41)."""
    if frames % 4 != 1:
        padded = frames + 3
        shape = f"[1, {padded // 4}, 4, {rows}, {columns}]"
        text = f"shape '{shape}' is invalid for input of size {padded * rows * columns}\n"
        raise NodeFailed("RuntimeError", text)
    return Canvas(picture=picture, columns=columns, rows=rows, latents=(frames - 1) // 4 + 1)


def check_patches(canvas: Canvas) -> None:
    """The wrapper's sampler needs even numbers of cells: multiples of 16 pixels (recordings 41, 42)."""
    if canvas.rows % _PATCH == 0 and canvas.columns % _PATCH == 0:
        return
    tokens = canvas.latents * math.ceil(canvas.rows / _PATCH) * math.ceil(canvas.columns / _PATCH)
    expected = math.ceil(canvas.latents * canvas.rows * canvas.columns / _PATCH**2)
    text = f"The size of tensor a ({tokens}) must match the size of tensor b ({expected}) "
    raise NodeFailed("RuntimeError", text + "at non-singleton dimension 1\n")


def cells(pixels: int) -> int:
    """Pixels as latent cells, rounded down."""
    return pixels // _STRIDE


def _whole_patches(pixels: float) -> int:
    return int(pixels / _STRIDE) // _PATCH * _PATCH
