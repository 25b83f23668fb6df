"""The sizes that WanVideoWrapper's nodes make of the ones asked for, or their recorded errors."""

import math

from PIL import Image

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.media import Latent

_STRIDE = 8  # pixels for one latent cell
_PATCH = 2  # latent cells for one token of the transformer


def fit_area(picture: Image.Image, width: int, height: int, frames: int) -> Latent:
    """WanVideoImageClipEncode with adjust_resolution: keep the area, take the picture's aspect (30)."""
    aspect = picture.height / picture.width
    rows = _whole_patches(math.sqrt(width * height * aspect))
    columns = _whole_patches(math.sqrt(width * height / aspect))
    return check_frames(picture, columns, rows, frames)


def check_frames(picture: Image.Image, columns: int, rows: int, frames: int) -> Latent:
    """The old node's crash on frames that are not 4n+1 (recordings 31, 41)."""
    if frames % 4 != 1:
        padded = frames + 3
        shape = f"[1, {padded // 4}, 4, {rows}, {columns}]"
        text = f"shape '{shape}' is invalid for input of size {padded * rows * columns}\n"
        raise NodeFailed("RuntimeError", text)
    return Latent(first=picture, width=columns * _STRIDE, height=rows * _STRIDE, frames=frames)


def check_patches(latent: Latent) -> None:
    """The wrapper's sampler needs even numbers of cells: multiples of 16 pixels (recordings 41, 42)."""
    if latent.rows % _PATCH == 0 and latent.columns % _PATCH == 0:
        return
    tokens = latent.length * math.ceil(latent.rows / _PATCH) * math.ceil(latent.columns / _PATCH)
    expected = math.ceil(latent.length * latent.rows * latent.columns / _PATCH**2)
    text = f"The size of tensor a ({tokens}) must match the size of tensor b ({expected}) "
    raise NodeFailed("RuntimeError", text + "at non-singleton dimension 1\n")


def cells(pixels: int) -> int:
    """Pixels as latent cells, rounded down."""
    return pixels // _STRIDE


def _whole_patches(pixels: float) -> int:
    return int(pixels / _STRIDE) // _PATCH * _PATCH
