"""Draw the demo's sample picture with Pillow, the same on every machine. Imported by the demo only."""

import math
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

_SIZE = _WIDTH, _HEIGHT = 1024, 768
_HORIZON = 470
_DUSK = ((38, 52, 104), (236, 140, 110), (255, 214, 150))  # zenith, haze, horizon
_SEA = ((226, 150, 112), (30, 44, 84))
_SUN = (512, 400, 62)  # centre and radius
_HILLS = (  # each one height, swell, phase, colour; from far to near
    (400, 34, 0.3, (148, 104, 130)),
    (432, 26, 2.1, (104, 78, 116)),
    (458, 16, 4.0, (66, 56, 96)),
)


def sample_picture() -> bytes:
    """Draw a boat on the sea at dusk: PNG, 1024×768, RGB. Takes a moment of CPU: call it in a thread."""
    image = Image.new("RGB", _SIZE)
    _gradient(image, (0, _HORIZON), _DUSK)
    image = _glow(image)
    for hill in _HILLS:
        _hill(image, *hill)
    _gradient(image, (_HORIZON, _HEIGHT), _SEA)
    _glitter(ImageDraw.Draw(image))
    _boat(ImageDraw.Draw(image))
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def _gradient(image: Image.Image, rows: tuple[int, int], colours: tuple[tuple[int, int, int], ...]) -> None:
    """Fill the rows from the first colour at the top to the last at the bottom."""
    top, bottom = rows
    draw = ImageDraw.Draw(image)
    for y in range(top, bottom):
        position = (y - top) / (bottom - top) * (len(colours) - 1)
        above = int(position)
        mix = zip(colours[above], colours[above + 1], strict=True)
        draw.line((0, y, _WIDTH, y), fill=tuple(round(a + (b - a) * (position - above)) for a, b in mix))


def _glow(image: Image.Image) -> Image.Image:
    x, y, radius = _SUN
    light = Image.new("L", _SIZE)
    ImageDraw.Draw(light).circle((x, y), 2 * radius, fill=150)
    light = light.filter(ImageFilter.GaussianBlur(radius))
    ImageDraw.Draw(light).circle((x, y), radius, fill=255)
    return Image.composite(Image.new("RGB", _SIZE, (255, 240, 200)), image, light)


def _hill(image: Image.Image, height: int, swell: int, phase: float, colour: tuple[int, int, int]) -> None:
    ridge = [(x, height + swell * math.sin(x / 170 + phase) * math.cos(x / 410)) for x in range(_WIDTH)]
    ImageDraw.Draw(image).polygon([(0, _HEIGHT), *ridge, (_WIDTH, _HEIGHT)], fill=colour)


def _glitter(draw: ImageDraw.ImageDraw) -> None:
    """Draw the sun's reflection on the water: short bright strokes, wider at the bottom."""
    for row in range(36):
        y = _HORIZON + 4 + row * row // 5
        reach = 46 + 5 * row
        for stroke in range(4):
            x = _SUN[0] + reach * math.sin(row * 2.4 + stroke * 1.9) ** 3
            draw.line((x - 6 - row, y, x + 6 + row, y), fill=(255, 222, 170), width=1 + row // 12)


def _boat(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(676, 592), (852, 592), (818, 630), (710, 630)], fill=(70, 36, 40))
    draw.line((676, 592, 852, 592), fill=(214, 168, 128), width=5)
    draw.line((764, 592, 764, 404), fill=(60, 40, 44), width=5)
    draw.polygon([(772, 412), (772, 580), (866, 580)], fill=(248, 240, 226))
    draw.polygon([(756, 430), (756, 580), (690, 580)], fill=(232, 206, 186))
    draw.polygon([(764, 404), (764, 384), (796, 394)], fill=(206, 60, 60))
