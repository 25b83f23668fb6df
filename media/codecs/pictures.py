"""Decode an untrusted picture and write it anew as a clean PNG, with Pillow."""

import contextlib
import struct
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from importlib import import_module
from io import BytesIO
from typing import cast

from PIL import Image, ImageCms, ImageOps

from media.codecs.quality import find_issues
from media.errors import BadPicture, PictureFault
from media.values import MAX_PICTURE_PIXELS, PictureIssue

MAX_SIDE = 2048  # pixels: more is reduced
_DECODED_SIDE = 1664  # pixels on the longer side: twice what the model sees
_BACKGROUND = (128, 128, 128)  # behind transparent pixels: black and white drawings both stay visible
# Loading one plugin saves Pillow from loading all forty to look for it.
_PLUGINS = {
    "jpeg": "JpegImagePlugin",
    "png": "PngImagePlugin",
    "gif": "GifImagePlugin",
    "webp": "WebPImagePlugin",
    "avif": "AvifImagePlugin",
}
# What Pillow's decoders raise for malformed files.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
)
_ORIENTATION = 0x0112  # EXIF 2.3, table 4: 1 is upright
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_create_profile = cast("Callable[[str], ImageCms.ImageCmsProfile]", ImageCms.createProfile)  # pyright: ignore[reportUnknownMemberType] - Pillow leaves it untyped
_PROFILE_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}  # ICC.1:2022, table 19 → Pillow's modes


def clean(data: bytes, file_type: str) -> tuple[Mapping[str, object], bytes]:
    """Decode a picture and return a header (width, height, issues) and the PNG: RGB, 8 bits, sRGB, upright.

    `file_type` is what `sniff` found. Raises BadPicture with `broken` or `too_many_pixels`.
    """
    with _open_picture(data, file_type) as source:
        size, turn, profile = source.size, _orientation(source), source.info.get("icc_profile")
        issues = set(_file_issues(source))
        source.draft(None, _scaled(size, _DECODED_SIDE))  # a JPEG is decoded at 1/2, 1/4 or 1/8
        image = _shrink(_to_eight_bits(source))
    if _is_transparent(image):
        issues.add(PictureIssue.TRANSPARENT)
    image = _to_srgb(_flatten(image), profile)
    if turn is not None:
        image = image.transpose(turn)
    issues.update(find_issues(image, size))
    header = {"width": image.width, "height": image.height, "issues": " ".join(sorted(issues))}
    return header, _to_png(image)


def fit(data: bytes, file_type: str, size: tuple[int, int]) -> bytes:
    """Scale and crop a clean picture around its centre to exactly `size` (width, height); returns PNG."""
    with _open_picture(data, file_type) as source:
        return _to_png(ImageOps.fit(source.convert("RGB"), size, Image.Resampling.LANCZOS))


@contextlib.contextmanager
def _open_picture(data: bytes, file_type: str) -> Generator[Image.Image]:
    """Open with the one decoder of that file type; what Pillow raises within the block becomes BadPicture."""
    import_module(f"PIL.{_PLUGINS[file_type]}")
    Image.MAX_IMAGE_PIXELS = MAX_PICTURE_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns up to twice that
    try:
        with Image.open(BytesIO(data), formats=(file_type.upper(),)) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise BadPicture(PictureFault.TOO_MANY_PIXELS) from err
    except _DECODER_ERRORS as err:
        raise BadPicture(PictureFault.BROKEN) from err


def _file_issues(image: Image.Image) -> Iterator[PictureIssue]:
    """Issues that only the source shows: animation, and a size that has to be reduced."""
    if image.format != "MPO" and getattr(image, "is_animated", False):  # an MPO is a photo and its preview
        yield PictureIssue.ANIMATED
    if max(image.size) > MAX_SIDE:
        yield PictureIssue.SHRUNK


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """The transposition that turns the picture upright by its EXIF tag; None where it is upright."""
    try:
        return _TRANSPOSES.get(image.getexif().get(_ORIENTATION, 1))
    except (*_DECODER_ERRORS, TypeError):
        return None  # malformed EXIF is no reason to refuse the picture


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Decode to one of Pillow's modes L, RGB, RGBA and CMYK."""
    image.load()
    if image.mode.startswith("I"):  # convert() would clip 16 bits to white
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("L", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _scaled(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size with its longer side at `longest` pixels."""
    return size[0] * longest // max(size), size[1] * longest // max(size)


def _shrink(image: Image.Image) -> Image.Image:
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _is_transparent(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _flatten(image: Image.Image) -> Image.Image:
    """Draw an RGBA picture on the grey background."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, _BACKGROUND)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded ICC profile; a broken profile or one of another mode is ignored."""
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return _by_profile(image, profile)
    return image.convert("RGB")


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


def _to_png(image: Image.Image) -> bytes:
    image.info.clear()  # Pillow would write the profile and comments of the source
    target = BytesIO()
    image.save(target, "PNG", compress_level=1)  # stored here and uploaded once: speed matters more than size
    return target.getvalue()
