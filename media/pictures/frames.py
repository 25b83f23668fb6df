"""Choose the frame of an animation that stands for it."""

import contextlib

from PIL import Image, ImageStat

from media.pictures.decoder_errors import DECODER_ERRORS
from media.pictures.reduction import flatten, reduced

_MAX_FRAMES = 64  # looked at
_MAX_PIXELS = 80_000_000  # looked at, of all frames together
_MAX_FRAME_PIXELS = 8_000_000  # of a frame, where others than the first are looked at: each needs copies
_MEASURED_SIDE = 64  # pixels
_CONTRAST = 30.0  # deviation of 0 … 255: a first frame with as much is taken unseen
_SHOWS_ENOUGH = 0.5  # of the greatest contrast, for the first frame
_SHOWS_ALL = 0.9  # likewise, for one that is taken instead


def is_animated(image: Image.Image) -> bool:
    """Whether a picture has frames; a HEIC's further pictures are none."""
    return image.format != "HEIF" and bool(getattr(image, "is_animated", False))


def choose_frame(image: Image.Image, hidden: int) -> int:
    """The number of the frame that stands for a picture: the first, or a later one that has faded in by then.

    The first `hidden` frames do not count. Afterwards `image` is good for nothing more: Pillow loses the
    palette of a PNG on the way back. Raises what decoders raise.
    """
    if not is_animated(image):
        return 0
    image.seek(hidden)
    contrasts = [_contrast(image)]
    if contrasts[0] < _CONTRAST:
        contrasts += _later_contrasts(image, hidden)
    return hidden + _choose(contrasts)


def _later_contrasts(image: Image.Image, hidden: int) -> list[float]:
    """The contrasts of the frames after the first, up to one that cannot be decoded."""
    area = max(image.width * image.height, 1)
    count = min(_MAX_FRAMES, _MAX_PIXELS // area) if area <= _MAX_FRAME_PIXELS else 0
    contrasts = list[float]()
    with contextlib.suppress(*DECODER_ERRORS):
        for number in range(1, count):
            image.seek(hidden + number)
            contrasts.append(_contrast(image))
    return contrasts


def _choose(contrasts: list[float]) -> int:
    """The first frame unless it is plain beside others; then the first that shows nearly all."""
    most = max(contrasts)
    if contrasts[0] >= _SHOWS_ENOUGH * most:
        return 0
    return next(number for number, each in enumerate(contrasts) if each >= _SHOWS_ALL * most)


def _contrast(image: Image.Image) -> float:
    """How much a frame shows: the mean deviation of its channels, 0 for one colour."""
    image.load()
    small = flatten(reduced(image, (0, 0, *image.size), _MEASURED_SIDE)).convert("RGB")
    deviations = ImageStat.Stat(small).stddev
    return sum(deviations) / len(deviations)
