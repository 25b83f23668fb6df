"""Convert pictures to sRGB: by an ICC profile, a colour space named by numbers, or from high range."""

import contextlib
import struct
from collections.abc import Callable
from io import BytesIO
from typing import cast

from PIL import Image, ImageCms, ImageFilter

from media.pictures.colour_space import (
    SRGB_CURVE,
    ColourSpace,
    HighRange,
    adaptation,
    product,
    to_xyz,
    transposed,
    white_of,
)
from media.pictures.tone_mapping import linear_light, mapped, srgb_code

_D50 = (0.9642, 1.0, 0.8249)  # the white of profiles (ICC.1:2022, 7.2.16)
_LUT_SIDE = 49  # points on each edge of the table of a high range
_create_profile = cast("Callable[[str], ImageCms.ImageCmsProfile]", ImageCms.createProfile)  # pyright: ignore[reportUnknownMemberType] - Pillow leaves it untyped
_PROFILE_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}  # ICC.1:2022, table 19 → Pillow's modes


def to_srgb(image: Image.Image, profile: bytes | None, space: ColourSpace | None) -> Image.Image:
    """Convert an image of mode L, RGB or CMYK to sRGB by its ICC profile or else its colour space.

    A broken profile, one of another mode, and a space that cannot be are ignored.
    """
    faults = (ImageCms.PyCMSError, OSError, ValueError, TypeError, ArithmeticError, struct.error)
    with contextlib.suppress(*faults):
        if profile:
            return _by_profile(image, profile)
        if space:
            return _by_space(image.convert("RGB"), space)
    return image.convert("RGB")


def _by_space(image: Image.Image, space: ColourSpace) -> Image.Image:
    """Convert an RGB image by a colour space. Raises PyCMSError, ArithmeticError, struct.error."""
    match space.transfer:
        case HighRange() as transfer:
            compressed = image.filter(_tone_mapping(space, transfer))
            return _by_profile(compressed, make_profile(space.primaries, SRGB_CURVE))
        case curve:
            return _by_profile(image, make_profile(space.primaries, curve))


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert by an ICC profile. Raises ValueError, PyCMSError."""
    mode = _PROFILE_MODES.get(profile[16:20])  # ICC.1:2022, 7.2.6: the colour space of the data
    if (image.mode, mode) == ("L", "RGB"):
        image = image.convert("RGB")
    if image.mode != mode:
        raise ValueError("the profile is not for these channels")
    srgb = _create_profile("sRGB")
    converted = ImageCms.profileToProfile(image, BytesIO(profile), srgb, outputMode="RGB")
    assert converted is not None  # noqa: S101 - for the type checker: only in-place conversion returns None
    return converted


def make_profile(primaries: tuple[float, ...], curve: tuple[float, ...]) -> bytes:
    """An ICC profile of these primaries and this parametric curve (ICC.1:2022). Raises ArithmeticError."""
    adapted = product(adaptation(white_of(primaries), _D50), to_xyz(primaries))
    red, green, blue = transposed(adapted)
    parametric = b"para\0\0\0\0\0\3\0\0" + _fixed(*curve)
    tags = {
        b"wtpt": _xyz_tag(*_D50),
        b"rXYZ": _xyz_tag(*red),
        b"gXYZ": _xyz_tag(*green),
        b"bXYZ": _xyz_tag(*blue),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), parametric),
    }
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(body), len(value))
        body += value
    header = struct.pack(">I4xI", at + len(body), 0x04400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return (header + bytes(28) + _fixed(*_D50)).ljust(128, b"\0") + table + body


def _fixed(*values: float) -> bytes:
    """Numbers of 16 bits before and 16 after the point."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz_tag(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _tone_mapping(space: ColourSpace, transfer: HighRange) -> ImageFilter.Color3DLUT:
    """The table from code values of a high range to the same primaries with the curve of sRGB.

    Without the change of primaries, whose clipping no table of this size follows.
    """
    light = [linear_light(step / (_LUT_SIDE - 1), transfer) for step in range(_LUT_SIDE)]
    luminance = to_xyz(space.primaries)[1]
    table = [
        srgb_code(channel)
        for blue in light
        for green in light
        for red in light
        for channel in mapped((red, green, blue), luminance, transfer, space.peak)
    ]
    return ImageFilter.Color3DLUT(_LUT_SIDE, table)
