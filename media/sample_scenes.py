"""Draw two more pictures for the demo's page with Pillow."""

import math
import random

from PIL import Image, ImageDraw

from media.drawing import HEIGHT, SIZE, WIDTH, Colour, draw_gradient, draw_hill, png, with_glow

_MORNING = ((104, 164, 214), (190, 216, 226), (255, 232, 196))  # zenith, haze, horizon
_BALLOONS = (  # each one centre, radius, two colours; from far to near
    ((180, 250), 44, (232, 176, 72), (250, 226, 150)),
    ((820, 190), 66, (86, 132, 190), (226, 236, 246)),
    ((480, 270), 128, (206, 72, 66), (248, 232, 206)),
)
_NIGHT = ((10, 14, 38), (22, 38, 76), (54, 70, 104))
_FIRE = (620, 610)


def balloon_picture() -> bytes:
    """Draw hot-air balloons over hills in the morning: PNG, 1024×768, RGB. Call it in a thread."""
    image = Image.new("RGB", SIZE)
    draw_gradient(image, (0, HEIGHT), _MORNING)
    image = with_glow(image, (860, 470), 48, (255, 246, 214))
    draw_hill(image, 520, 60, 0.8, (150, 176, 186))
    draw_hill(image, 590, 44, 2.6, (104, 146, 132))
    for balloon in _BALLOONS:
        _draw_balloon(ImageDraw.Draw(image), *balloon)
    draw_hill(image, 690, 30, 4.4, (58, 104, 82))
    return png(image)


def campfire_picture() -> bytes:
    """Draw a tent and a fire under the stars: PNG, 1024×768, RGB. Call it in a thread."""
    image = Image.new("RGB", SIZE)
    draw_gradient(image, (0, HEIGHT), _NIGHT)
    _draw_stars(ImageDraw.Draw(image))
    draw_hill(image, 520, 50, 1.2, (26, 38, 62))
    _draw_firs(ImageDraw.Draw(image))
    draw_hill(image, 660, 14, 3.0, (20, 30, 36))
    image = with_glow(image, _FIRE, 40, (255, 170, 80))
    draw = ImageDraw.Draw(image)
    _draw_tent(draw)
    _draw_fire(draw)
    return png(image)


def _draw_balloon(
    draw: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int, colour: Colour, stripe: Colour
) -> None:
    x, y = centre
    basket = y + round(1.9 * radius)
    half = radius // 7
    for side in (-1, 1):
        draw.line((x + side * radius * 0.6, y + radius * 0.8, x + side * half, basket), fill=(90, 70, 60))
    skirt = [(x - radius * 0.93, y + radius * 0.36), (x + radius * 0.93, y + radius * 0.36)]
    draw.polygon([*skirt, (x + half, basket - half), (x - half, basket - half)], fill=colour)
    draw.circle(centre, radius, fill=colour)
    for width in (0.62, 0.2):
        reach = radius * width
        draw.ellipse((x - reach, y - radius, x + reach, y + radius), fill=stripe if width > 0.3 else colour)
    draw.rectangle((x - half, basket, x + half, basket + 2 * half), fill=(120, 84, 52))


def _draw_stars(draw: ImageDraw.ImageDraw) -> None:
    places = random.Random(7)  # noqa: S311 - the same stars each time
    for _ in range(170):
        x, y, bright = places.randrange(WIDTH), places.randrange(470), places.randrange(130, 255)
        draw.circle((x, y), places.choice((0.6, 1, 1, 1.8)), fill=(bright, bright, bright))


def _draw_firs(draw: ImageDraw.ImageDraw) -> None:
    for number in range(22):
        x, height = number * 50, 110 + 60 * math.sin(number * 2.3)
        for layer in range(3):
            top, spread = 680 - height + layer * height * 0.26, 18 + 9 * layer
            bottom = top + height * 0.5
            draw.polygon([(x, top), (x - spread, bottom), (x + spread, bottom)], fill=(16, 26, 34))


def _draw_tent(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(330, 450), (180, 660), (470, 660)], fill=(214, 126, 66))
    draw.polygon([(330, 450), (470, 660), (540, 630)], fill=(156, 84, 52))
    draw.polygon([(330, 480), (296, 660), (372, 660)], fill=(70, 38, 34))


def _draw_fire(draw: ImageDraw.ImageDraw) -> None:
    x, y = _FIRE
    for reach, colour in ((46, (226, 88, 34)), (30, (250, 160, 50)), (15, (255, 236, 150))):
        tips = ((-0.7, 1.0), (-0.2, 0.4), (0.0, 2.1), (0.4, 0.6), (0.8, 1.2))
        flame = [(x + reach * across, y - reach * up) for across, up in tips]
        draw.polygon([(x - reach, y + 20), *flame, (x + reach, y + 20)], fill=colour)
    for side in (-1, 1):
        draw.line((x - 62, y + 26 + side * 10, x + 62, y + 26 - side * 10), fill=(74, 48, 36), width=14)
