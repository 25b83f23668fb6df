"""Draw the demo's sample picture and clip with Pillow, the same on every machine."""

import math
from collections.abc import Iterator

from PIL import Image, ImageDraw

from media.drawing import HEIGHT, SIZE, draw_gradient, draw_hill, png, with_glow

CLIP_SIZE = (640, 480)
CLIP_FPS = 16
CLIP_FRAMES = 48

_HORIZON = 470
_DUSK = ((38, 52, 104), (236, 140, 110), (255, 214, 150))  # zenith, haze, horizon
_SEA = ((226, 150, 112), (30, 44, 84))
_SUN = (512, 400)
_HILLS = (  # each one height, swell, phase, colour; from far to near
    (400, 34, 0.3, (148, 104, 130)),
    (432, 26, 2.1, (104, 78, 116)),
    (458, 16, 4.0, (66, 56, 96)),
)
_BOAT = (600, 350, 920, 700)  # the box that the boat needs
_KEEL = (164, 290)  # in that box: the boat turns around it
_ROLL = 4.0  # degrees to each side
_HEAVE = 7.0  # pixels up and down


def sample_picture() -> bytes:
    """Draw a boat on the sea at dusk: PNG, 1024×768, RGB. Takes a moment of CPU: call it in a thread."""
    return png(_scene(_background(), 0.0))


def sample_frames() -> Iterator[Image.Image]:
    """The frames of a clip of that picture, which begins with it and ends where it begins.

    CLIP_FRAMES of CLIP_SIZE pixels, to be shown at CLIP_FPS. Takes a second of CPU: call it in a thread.
    """
    background = _background()
    for number in range(CLIP_FRAMES):
        scene = _scene(background, 2 * math.pi * number / CLIP_FRAMES)
        yield scene.resize(CLIP_SIZE, Image.Resampling.BILINEAR)


def _background() -> Image.Image:
    """Sky, sun, hills and water, which stand still."""
    image = Image.new("RGB", SIZE)
    draw_gradient(image, (0, _HORIZON), _DUSK)
    image = with_glow(image, _SUN, 62, (255, 240, 200))
    for hill in _HILLS:
        draw_hill(image, *hill)
    draw_gradient(image, (_HORIZON, HEIGHT), _SEA)
    return image


def _scene(background: Image.Image, phase: float) -> Image.Image:
    """The picture at a phase of the waves, in radians."""
    image = background.copy()
    _draw_glitter(ImageDraw.Draw(image), phase)
    boat = Image.new("RGBA", SIZE)
    _draw_boat(ImageDraw.Draw(boat))
    boat = boat.crop(_BOAT)
    if phase:
        roll, heave = _ROLL * math.sin(phase), round(_HEAVE * math.sin(2 * phase))
        boat = boat.rotate(roll, Image.Resampling.BILINEAR, center=_KEEL, translate=(0, heave))
    image.paste(boat, _BOAT, mask=boat)
    return image


def _draw_glitter(draw: ImageDraw.ImageDraw, phase: float) -> None:
    """Draw the sun's reflection on the water: short bright strokes, wider at the bottom."""
    for row in range(36):
        y = _HORIZON + 4 + row * row // 5
        reach = 46 + 5 * row
        sway = 0.35 * math.sin(phase * (1 + row % 3) + row) if phase else 0.0
        for stroke in range(4):
            x = _SUN[0] + reach * math.sin(row * 2.4 + stroke * 1.9 + sway) ** 3
            draw.line((x - 6 - row, y, x + 6 + row, y), fill=(255, 222, 170), width=1 + row // 12)


def _draw_boat(draw: ImageDraw.ImageDraw) -> None:
    """Draw hull, mast, sails and flag."""
    draw.polygon([(676, 592), (852, 592), (818, 630), (710, 630)], fill=(70, 36, 40))
    draw.line((676, 592, 852, 592), fill=(214, 168, 128), width=5)
    draw.line((764, 592, 764, 404), fill=(60, 40, 44), width=5)
    draw.polygon([(772, 412), (772, 580), (866, 580)], fill=(248, 240, 226))
    draw.polygon([(756, 430), (756, 580), (690, 580)], fill=(232, 206, 186))
    draw.polygon([(764, 404), (764, 384), (796, 394)], fill=(206, 60, 60))
