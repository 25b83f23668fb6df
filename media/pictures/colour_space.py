"""Colour spaces that files name by numbers: code points of ITU-T H.273, or corners and a gamma. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Matrix = tuple[tuple[float, float, float], ...]
Vector = tuple[float, float, float]

D65 = (0.3127, 0.3290)
_DCI_WHITE = (0.314, 0.351)
_C_WHITE = (0.310, 0.316)
# x and y of red, green, blue and white, by H.273's ColourPrimaries (table 2).
_PRIMARIES = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65),
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, *_C_WHITE),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, *D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C_WHITE),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_DCI_WHITE),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
SRGB_PRIMARIES = _PRIMARIES[1]
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# By H.273's TransferCharacteristics (table 3). BT.709 and its like are curves of cameras: that of their
# screens is BT.1886's.
_CURVES = {
    **dict.fromkeys((1, 6, 11, 14, 15), (2.4, 1.0, 0.0, 0.0, 0.0)),
    4: (2.2, 1.0, 0.0, 0.0, 0.0),
    5: (2.8, 1.0, 0.0, 0.0, 0.0),
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0912),
    8: (1.0, 1.0, 0.0, 0.0, 0.0),
    13: SRGB_CURVE,
    17: (2.6, (52.37 / 48) ** (1 / 2.6), 0.0, 0.0, 0.0),
}


class HighRange(Enum):
    """Transfer functions of pictures brighter than white (ITU-R BT.2100)."""

    PQ = 16
    HLG = 18


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """Primaries (x and y of red, green, blue, white) and a transfer function from code values to light.

    A curve (g, a, b, c, d) is (a·v + b)^g from v = d on, and c·v below: ICC's parametric type 3. `peak`: the
    light of the brightest pixel of a high range in cd/m², 0 where unknown.
    """

    primaries: tuple[float, ...]
    transfer: tuple[float, ...] | HighRange
    peak: float = 0.0


def space_by_cicp(primaries: int, transfer: int, peak: float = 0.0) -> ColourSpace | None:
    """The space of two code points of H.273; None for sRGB and for what they leave open."""
    corners = _PRIMARIES.get(primaries, SRGB_PRIMARIES)
    if transfer in (HighRange.PQ.value, HighRange.HLG.value):
        return ColourSpace(corners, HighRange(transfer), peak)
    space = ColourSpace(corners, _CURVES.get(transfer, SRGB_CURVE))
    return None if space == ColourSpace(SRGB_PRIMARIES, SRGB_CURVE) else space


def space_by_chromaticities(gamma: float, corners: Sequence[int] | None) -> ColourSpace:
    """The space of a PNG's gAMA, as the exponent from code values to light, and its cHRM where it has one.

    `corners`: x and y of white, red, green and blue in 1/100,000.
    """
    primaries = SRGB_PRIMARIES
    if corners:
        scaled = tuple(each / 100_000 for each in corners)
        primaries = (*scaled[2:], *scaled[:2])
    return ColourSpace(primaries, (gamma, 1.0, 0.0, 0.0, 0.0))


def to_xyz(primaries: Sequence[float]) -> Matrix:
    """The matrix from linear RGB to CIE XYZ with white at Y = 1. Raises ArithmeticError."""
    red, green, blue, white = (_xyz(*primaries[at : at + 2]) for at in (0, 2, 4, 6))
    columns = transposed((red, green, blue))
    scales = apply(inverse(columns), white)
    return tuple((x * scales[0], y * scales[1], z * scales[2]) for x, y, z in columns)


def adaptation(source: Vector, target: Vector) -> Matrix:
    """Bradford's matrix from one white to another, both XYZ (ICC.1:2022, annex E)."""
    bradford = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
    have, want = apply(bradford, source), apply(bradford, target)
    scale = tuple(
        tuple(want[row] / have[row] if row == column else 0.0 for column in range(3)) for row in range(3)
    )
    return product(inverse(bradford), product(scale, bradford))  # pyright: ignore[reportArgumentType] - three by three


def white_of(primaries: Sequence[float]) -> Vector:
    """The XYZ of the white of these primaries. Raises ZeroDivisionError where its y is 0."""
    return _xyz(*primaries[6:8])


def apply(matrix: Matrix, vector: Vector) -> Vector:
    """A matrix times a vector."""
    x, y, z = (a * vector[0] + b * vector[1] + c * vector[2] for a, b, c in matrix)
    return x, y, z


def product(left: Matrix, right: Matrix) -> Matrix:
    """One matrix times another."""
    return transposed(tuple(apply(left, column) for column in transposed(right)))


def transposed(matrix: Matrix) -> Matrix:
    """A matrix with its rows as columns."""
    return tuple((a, b, c) for a, b, c in zip(*matrix, strict=True))


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a matrix. Raises ZeroDivisionError where it has none."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    adjugate = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple((x / determinant, y / determinant, z / determinant) for x, y, z in adjugate)


def _xyz(x: float, y: float) -> Vector:
    return x / y, 1.0, (1 - x - y) / y
