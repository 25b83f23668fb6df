"""What a picture looks like to the model: reasons for a word of advice, measured on a small grey copy."""

from collections.abc import Iterator

from PIL import Image, ImageFilter, ImageOps, ImageStat

from media.values import PictureIssue

_SMALLEST_SIDE = 512  # pixels: the model's users' advice
_EXTREME = 2.5  # longer side by shorter: the cut to 832×480 would take a third and more
_DARK = 28.0  # mean of 0 … 255
_BLURRED = 4.0  # variance of the Laplacian: strong blur gives 0 … 2, fine noise alone 10
_MEASURED_SIDE = 512  # of the copy, so that one bound serves all sizes
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def find_issues(image: Image.Image, size: tuple[int, int]) -> Iterator[PictureIssue]:
    """Say what may disappoint about an RGB image that was `size` (width, height) before we shrank it."""
    if min(size) < _SMALLEST_SIDE:
        yield PictureIssue.SMALL
    if max(size) > _EXTREME * min(size):
        yield PictureIssue.EXTREME_ASPECT
    grey = image.convert("L")
    grey.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE))
    if ImageStat.Stat(grey).mean[0] < _DARK:
        yield PictureIssue.DARK
    elif _sharpness(grey) < _BLURRED:  # what is dark looks blurred to this too
        yield PictureIssue.BLURRED


def _sharpness(grey: Image.Image) -> float:
    edges = ImageOps.crop(grey.filter(_LAPLACIAN), 1)  # Pillow leaves the border unfiltered
    return ImageStat.Stat(edges).var[0] if min(edges.size) > 0 else 0.0
