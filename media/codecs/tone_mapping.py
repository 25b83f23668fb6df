"""Map pictures brighter than white to what a usual screen shows, as Chromium does. Pure.

PQ and HLG are those of ITU-R BT.2100; the curve is an extended Reinhard's on the largest channel.
"""

import math

from media.codecs.colour_space import HighRange, Vector

_WHITE = 203.0  # cd/m² of a sheet of paper (ITU-R BT.2408)
_PEAK = 1000.0 / _WHITE  # what becomes the brightest of the screen, with white at 1
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073
_HLG_GAMMA = 1.2  # of a screen of 1,000 cd/m²


def linear_light(code: float, transfer: HighRange) -> float:
    """The light of a code value of 0 … 1: of the screen with white at 1 for PQ, of the scene for HLG."""
    if transfer is HighRange.PQ:
        root = code ** (1 / _PQ_M2)
        return (max(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root)) ** (1 / _PQ_M1) * 10_000 / _WHITE
    if code <= 0.5:
        return code * code / 3
    return (math.exp((code - _HLG_C) / _HLG_A) + _HLG_B) / 12


def mapped(light: Vector, luminance: Vector, transfer: HighRange) -> Vector:
    """Light compressed so that the peak becomes 1; `luminance` are the shares of the channels in brightness."""
    red, green, blue = light
    gain = 1.0
    if transfer is HighRange.HLG:
        brightness = red * luminance[0] + green * luminance[1] + blue * luminance[2]
        gain = _PEAK * max(brightness, 0.0) ** (_HLG_GAMMA - 1)
    largest = max(red, green, blue) * gain
    gain *= (1 + largest / _PEAK**2) / (1 + largest)
    return red * gain, green * gain, blue * gain


def srgb_code(light: float) -> float:
    """The code value of sRGB, 0 … 1, of light that may lie outside of it."""
    if light <= 0.0031308:
        return max(light, 0.0) * 12.92
    return min(1.055 * light ** (1 / 2.4) - 0.055, 1.0)
