"""Find what may make a picture a poor input for the model: size, shape, darkness, blur."""

import math
from collections.abc import Iterator

from PIL import Image, ImageFilter, ImageOps, ImageStat

from media.values import PictureIssue

_MIN_SIDE = 512  # pixels: the model's users' advice
_MAX_ASPECT = 2.5  # longer side by shorter: the cut to 832×480 would take a third and more
_MIN_BRIGHTNESS = 28.0  # mean of 0 … 255
_MIN_SHARPNESS = 4.0  # variance of the Laplacian: strong blur gives 0 … 2, fine noise alone 10
_MEASURED_SIDE = 512  # pixels: one threshold serves all sizes
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def find_issues(image: Image.Image, size: tuple[int, int]) -> Iterator[PictureIssue]:
    """Yield the issues of an RGB image whose source was `size` (width, height) before it was reduced.

    Darkness and blur are measured on a grey copy of at most _MEASURED_SIDE pixels.
    """
    if min(size) < _MIN_SIDE:
        yield PictureIssue.SMALL
    if max(size) > _MAX_ASPECT * min(size):
        yield PictureIssue.EXTREME_ASPECT
    grey = image.convert("L")
    grey.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE))
    if ImageStat.Stat(grey).mean[0] < _MIN_BRIGHTNESS:
        yield PictureIssue.DARK
    elif _sharpness(grey) < _MIN_SHARPNESS:  # a dark picture measures as blurred too
        yield PictureIssue.BLURRED


def _sharpness(grey: Image.Image) -> float:
    """Variance of the Laplacian of a grey image."""
    if min(grey.size) < 3:
        return math.inf  # too small to be told
    edges = ImageOps.crop(grey.filter(_LAPLACIAN), 1)  # Pillow leaves the border unfiltered
    return ImageStat.Stat(edges).var[0]
