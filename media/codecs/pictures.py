"""A stranger's picture becomes ours: runs in a child process, with Pillow."""

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

LONGEST = 2048  # pixels: more is reduced
_ENOUGH = 1664  # pixels on the longer side: twice what the model sees
_GROUND = (128, 128, 128)  # behind what is transparent: black and white drawings both stay visible
# Loading one plugin saves Pillow from loading all forty to look for it.
_PLUGINS = {
    "jpeg": "JpegImagePlugin",
    "png": "PngImagePlugin",
    "gif": "GifImagePlugin",
    "webp": "WebPImagePlugin",
    "avif": "AvifImagePlugin",
}
# What Pillow's decoders let out when a file is not what it says.
_BROKEN = (
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
_TURNS = {
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


def clean(data: bytes, kind: str) -> tuple[Mapping[str, object], bytes]:
    """Make a PNG that may be trusted, with its width, height and notes.

    Raises BadPicture with `broken` or `too_many_pixels`.
    """
    with _opened(data, kind) as source:
        size, turn, profile = source.size, _orientation(source), source.info.get("icc_profile")
        notes = set(_notes_of_file(source))
        source.draft(None, _scaled(size, _ENOUGH))  # a JPEG decodes to a half, quarter or eighth at once
        image = _shrink(_to_eight_bits(source))
    if _shines_through(image):
        notes.add(PictureIssue.TRANSPARENT)
    image = _to_srgb(_flatten(image), profile)
    if turn is not None:  # one of them is 0
        image = image.transpose(turn)
    notes.update(find_issues(image, size))
    header = {"width": image.width, "height": image.height, "notes": " ".join(sorted(notes))}
    return header, _to_png(image)


def fit(data: bytes, kind: str, size: tuple[int, int]) -> bytes:
    """Cut and scale a clean picture to exactly `size` (width, height); the middle stays. PNG."""
    with _opened(data, kind) as source:
        return _to_png(ImageOps.fit(source.convert("RGB"), size, Image.Resampling.LANCZOS))


@contextlib.contextmanager
def _opened(data: bytes, kind: str) -> Generator[Image.Image]:
    """Open with the one decoder that the first bytes name; whatever it raises becomes BadPicture."""
    import_module(f"PIL.{_PLUGINS[kind]}")
    Image.MAX_IMAGE_PIXELS = MAX_PICTURE_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow would go on to twice as many
    try:
        with Image.open(BytesIO(data), formats=(kind.upper(),)) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise BadPicture(PictureFault.TOO_MANY_PIXELS) from err
    except _BROKEN as err:
        raise BadPicture(PictureFault.BROKEN) from err


def _notes_of_file(image: Image.Image) -> Iterator[PictureIssue]:
    if image.format != "MPO" and getattr(image, "is_animated", False):  # an MPO is a photo and its preview
        yield PictureIssue.ANIMATED
    if max(image.size) > LONGEST:
        yield PictureIssue.SHRUNK


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except (*_BROKEN, TypeError):
        return None  # nonsense in the metadata is no reason to refuse the picture


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Decode, to one of the modes L, RGB, RGBA and CMYK."""
    image.load()
    if image.mode.startswith("I"):  # convert() would clip 16 bits to white
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("L", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _scaled(size: tuple[int, int], longest: int) -> tuple[int, int]:
    return size[0] * longest // max(size), size[1] * longest // max(size)


def _shrink(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _shines_through(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, _GROUND)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to RGB by the embedded profile; a profile that is broken or of another kind is passed over."""
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return _by_profile(image, profile)
    return image.convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
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
    image.save(target, "PNG", compress_level=1)  # our own disk and one upload: quick is worth more than small
    return target.getvalue()
