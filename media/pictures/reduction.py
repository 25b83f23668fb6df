"""Make a decoded picture smaller, and cut a long one, without a second copy of it in its full size."""

import math
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageStat

Box = tuple[int, int, int, int]

_BAND_PIXELS = 1_000_000
_MAX_CONVERTED = 12_000_000  # pixels in a second copy
_RESIZED_IN_PLACE = frozenset({"L", "RGB", "CMYK"})  # the others are copied as a whole
_BACKGROUND = (128, 128, 128)  # behind transparent pixels: black and white drawings both stay visible
_LONGEST = 2.5  # longer side by shorter: more is cut, where it would have to be reduced else
_USED = 832 / 480  # of that, what a clip shows
_STRIP_WIDTH = 32  # pixels, while looking where a long picture shows something
_SHOWS_ENOUGH = 0.5  # of the greatest contrast along a long picture


def reduced(image: Image.Image, box: Box, longest: int) -> Image.Image:
    """The part in the box, its longer side at most `longest` pixels, in L, LA, RGB, RGBA or CMYK."""
    width, height = box[2] - box[0], box[3] - box[1]
    if image.mode in _RESIZED_IN_PLACE and "transparency" not in image.info:
        scale = min(longest / max(width, height), 1.0)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        return image.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=2.0)
    made = _converted(image, box, _factor(width, height, longest))
    made.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=None)
    return made


def _factor(width: int, height: int, longest: int) -> int:
    """By how much to shrink while converting: a large picture has no room for a second one beside it."""
    if width * height > _MAX_CONVERTED:
        return math.ceil(max(width, height) / (1.5 * longest))
    return max(max(width, height) // (2 * longest), 1)


def _converted(image: Image.Image, box: Box, factor: int) -> Image.Image:
    """Convert a part of an image in bands, each shrunk at once. Raises ValueError where it is empty."""
    made: Image.Image | None = None
    for top, band in _bands(image, box, factor):
        part = normalised(band)
        part = part.reduce(factor) if factor > 1 else part
        if made is None:
            made = Image.new(part.mode, (part.width, -(-(box[3] - box[1]) // factor)))
        made.paste(part, (0, top // factor))
    if made is None:
        raise ValueError("no pixels")
    return made


def _bands(image: Image.Image, box: Box, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Horizontal bands of the box, each with its distance from the top, a multiple of the factor."""
    left, top, right, bottom = box
    rows = max(_BAND_PIXELS // max(right - left, 1) // factor, 1) * factor
    for at in range(top, bottom, rows):
        yield at - top, image.crop((left, at, right, min(at + rows, bottom)))


def normalised(image: Image.Image) -> Image.Image:
    """Convert to one of Pillow's modes L, LA, RGB, RGBA and CMYK, of 8 bits, transparency in a channel."""
    if image.mode.startswith("I"):
        return _from_sixteen_bits(image)
    if "transparency" in image.info or image.mode in ("P", "PA", "La", "RGBa"):
        grey = image.mode in ("1", "L", "La")
        clear = image.has_transparency_data
        return image.convert(("LA" if grey else "RGBA") if clear else ("L" if grey else "RGB"))
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 16 bits, which convert() would clip to white; its transparent value becomes a channel."""
    grey = image.point(lambda value: value * (1 / 257)).convert("L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    low, high = Image.frombytes("LA", image.size, image.tobytes()).split()
    differs = ImageChops.lighter(
        low.point([0 if value == clear & 255 else 255 for value in range(256)]),
        high.point([0 if value == clear >> 8 else 255 for value in range(256)]),
    )
    return Image.merge("LA", (grey, differs))


def is_transparent(image: Image.Image) -> bool:
    """Whether pixels of a normalised image are transparent."""
    return image.mode in ("LA", "RGBA") and image.getchannel("A").getextrema() != (255, 255)


def flatten(image: Image.Image) -> Image.Image:
    """Draw a normalised image on the grey background; one without transparency stays as it is."""
    if image.mode not in ("LA", "RGBA"):
        return image
    ground = Image.new("RGB", image.size, _BACKGROUND)
    ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return ground


def cut_length(size: tuple[int, int], longest: int) -> int:
    """How many pixels of its longer side a picture keeps: what stays large enough when it is reduced."""
    shorter, longer = sorted(size)
    return min(longer, max(int(_LONGEST * shorter), longest))


def cut_box(image: Image.Image, longest: int) -> Box:
    """The part of a long picture to keep: its middle, or the nearest part to it that shows something."""
    width, height = image.size
    length = cut_length(image.size, longest)
    if length == max(width, height):
        return 0, 0, width, height
    start = _best_start(image, length)
    return (0, start, width, start + length) if height > width else (start, 0, start + length, height)


def _best_start(image: Image.Image, length: int) -> int:
    """Where a cut of this length begins on the longer side."""
    shorter, longer = sorted(image.size)
    middle = (longer - length) // 2
    step = max(length // 8, 1)
    starts = sorted({middle, *range(0, longer - length + 1, step)}, key=lambda start: abs(start - middle))
    strip = flatten(reduced(image, (0, 0, *image.size), max(_STRIP_WIDTH * longer // max(shorter, 1), 1)))
    strip = strip.convert("L")
    scale = max(strip.size) / longer
    used = min(int(_USED * shorter) + 1, length)
    contrasts = [_contrast(strip, (start + (length - used) / 2) * scale, used * scale) for start in starts]
    most = max(contrasts)
    return next(start for start, each in zip(starts, contrasts, strict=True) if each >= _SHOWS_ENOUGH * most)


def _contrast(strip: Image.Image, start: float, length: float) -> float:
    """The deviation of a part along the longer side of a grey strip."""
    first, last = int(start), int(start) + max(int(length), 1)
    across = strip.height if strip.width >= strip.height else strip.width
    box = (first, 0, last, across) if strip.width >= strip.height else (0, first, across, last)
    return ImageStat.Stat(strip.crop(box)).stddev[0]
