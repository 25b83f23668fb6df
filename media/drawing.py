"""Draw the shapes that the demo's pictures are made of. Imported by the demo only."""

import math
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SIZE = WIDTH, HEIGHT = 1024, 768
Colour = tuple[int, int, int]


def png(image: Image.Image) -> bytes:
    """The picture as PNG."""
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def draw_gradient(image: Image.Image, rows: tuple[int, int], colours: Sequence[Colour]) -> None:
    """Fill the rows from the first colour at the top to the last at the bottom."""
    top, bottom = rows
    draw = ImageDraw.Draw(image)
    for y in range(top, bottom):
        position = (y - top) / (bottom - top) * (len(colours) - 1)
        above = int(position)
        mix = zip(colours[above], colours[above + 1], strict=True)
        draw.line((0, y, WIDTH, y), fill=tuple(round(a + (b - a) * (position - above)) for a, b in mix))


def with_glow(image: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> Image.Image:
    """The picture with a bright disc, and light around it."""
    light = Image.new("L", SIZE)
    ImageDraw.Draw(light).circle(centre, 2 * radius, fill=150)
    light = light.filter(ImageFilter.GaussianBlur(radius))
    ImageDraw.Draw(light).circle(centre, radius, fill=255)
    return Image.composite(Image.new("RGB", SIZE, colour), image, light)


def draw_hill(image: Image.Image, height: int, swell: int, phase: float, colour: Colour) -> None:
    """Draw a range of hills whose ridge is `height` pixels from the top, give or take `swell`."""
    ridge = [(x, height + swell * math.sin(x / 170 + phase) * math.cos(x / 410)) for x in range(WIDTH)]
    ImageDraw.Draw(image).polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], fill=colour)
