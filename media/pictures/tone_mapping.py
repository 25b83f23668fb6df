"""Map pictures brighter than white to what a usual screen shows, as Chromium does. Pure.

PQ and HLG are those of ITU-R BT.2100. The curve was measured on Chromium 156; it is the reference white
operator of SMPTE ST 2094-50: up to white a constant gain, from there a quadratic Bézier curve up to the peak.
"""

import math

from media.pictures.colour_space import HighRange, Vector

_WHITE = 203.0  # cd/m² of a sheet of paper (ITU-R BT.2408)
_USUAL_PEAK = 1000.0  # cd/m² where a picture does not tell its own
_LEAST_WHITE = 0.5  # what white becomes in a picture as bright as that, or brighter
_BEND = 0.65  # where the curve's control point lies between the ends of its tangent
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


def mapped(light: Vector, luminance: Vector, transfer: HighRange, peak: float = 0.0) -> Vector:
    """Light compressed so that the peak, in cd/m², becomes 1; 0 where the picture does not tell it.

    `luminance`: the shares of the channels in brightness.
    """
    gain = 1.0
    if transfer is HighRange.HLG:
        brightness = sum(share * each for share, each in zip(luminance, light, strict=True))
        gain = _USUAL_PEAK / _WHITE * max(brightness, 0.0) ** (_HLG_GAMMA - 1)
    gain *= _gain(max(light) * gain, max((peak or _USUAL_PEAK) / _WHITE, 1.0))
    red, green, blue = light
    return red * gain, green * gain, blue * gain


def _gain(brightest: float, peak: float) -> float:
    """What to multiply light by whose largest channel is `brightest`, with white at 1."""
    white = 1 - (1 - _LEAST_WHITE) * min(math.log(peak) / math.log(_USUAL_PEAK / _WHITE), 1.0)
    if brightest <= 1:
        return white
    if brightest >= peak:
        return 1 / brightest
    bend_x, bend_y = 1 + _BEND * (1 / white - 1), white + _BEND * (1 - white)
    # brightest = (1 - t)² + 2·t·(1 - t)·bend_x + t²·peak
    a, b = 1 - 2 * bend_x + peak, 2 * (bend_x - 1)
    t = (math.sqrt(b * b + 4 * a * (brightest - 1)) - b) / (2 * a)
    return ((1 - t) ** 2 * white + 2 * t * (1 - t) * bend_y + t * t) / brightest


def srgb_code(light: float) -> float:
    """The code value of sRGB, 0 … 1, of light that may lie outside of it."""
    if light <= 0.0031308:
        return max(light, 0.0) * 12.92
    return min(1.055 * light ** (1 / 2.4) - 0.055, 1.0)
