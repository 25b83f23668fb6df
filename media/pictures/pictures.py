"""Decode an untrusted picture and write it anew as a clean PNG, with Pillow."""

import contextlib
import warnings
from collections.abc import Generator, Iterator, Mapping
from importlib import import_module
from io import BytesIO

from PIL import Image, ImageOps

from media.errors import BadPicture, PictureFault
from media.file_types import FileType
from media.pictures.colour import to_srgb
from media.pictures.colour_space import ColourSpace
from media.pictures.containers import read_source
from media.pictures.decoder_errors import DECODER_ERRORS
from media.pictures.frames import choose_frame, is_animated
from media.pictures.quality import find_issues
from media.pictures.reduction import cut_box, cut_length, flatten, is_transparent, reduced
from media.pictures.source import Source
from media.values import MAX_PIXELS, PictureIssue

MAX_SIDE = 2048  # pixels: more is reduced
_DECODED_SIDE = 1664  # pixels on the longer side: twice what the model sees
_MAX_WORKING_BYTES = 260_000_000  # beside the picture that is made of them
# Loading one plugin saves Pillow from loading all forty to look for it.
_PLUGINS = {
    "jpeg": "PIL.JpegImagePlugin",
    "png": "PIL.PngImagePlugin",
    "gif": "PIL.GifImagePlugin",
    "webp": "PIL.WebPImagePlugin",
    "avif": "PIL.AvifImagePlugin",
    "heic": "media.pictures.heif",
}
_FORMATS = {"heic": "HEIF"}  # Pillow's names where they are not ours
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


def clean(data: bytes, file_type: str) -> tuple[Mapping[str, object], bytes]:
    """Decode a picture and return a header (width, height, issues) and the PNG: RGB, 8 bits, sRGB, upright.

    `file_type` is what `sniff` found. Raises BadPicture with `broken` or `too_many_pixels`.
    """
    source = read_source(data, file_type)
    frame = _frame_of(source, file_type)
    with _open_picture(source.data, file_type) as decoded:
        size = decoded.size
        _check_cost(source, size)
        issues = set(_file_issues(decoded, source))
        turn = _orientation(source.exif or decoded.info.get("exif", b""))
        profile, colour = source.profile or decoded.info.get("icc_profile"), source.colour
        _decode(decoded, frame)
        image = reduced(decoded, cut_box(decoded, MAX_SIDE), MAX_SIDE)
    if source.padded:
        _check_complete(source.padded, file_type, image, frame)
    if is_transparent(image):
        issues.add(PictureIssue.TRANSPARENT)
    image = _in_srgb(image, profile, colour)
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
    _load_plugin(file_type)
    limit = MAX_PIXELS[FileType(file_type)]
    Image.MAX_IMAGE_PIXELS = limit
    warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns up to twice that
    try:
        with Image.open(BytesIO(data), formats=(_FORMATS.get(file_type, file_type.upper()),)) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise BadPicture(PictureFault.TOO_MANY_PIXELS, limit=limit // 10**6) from err
    except DECODER_ERRORS as err:
        raise BadPicture(PictureFault.BROKEN) from err


def _load_plugin(file_type: str) -> None:
    """Import the one decoder that is needed. Raises BadPicture where the optional one is not installed."""
    try:
        import_module(_PLUGINS[file_type])
    except ImportError as err:
        raise BadPicture(PictureFault.HEIC) from err


def _check_cost(source: Source, size: tuple[int, int]) -> None:
    """Raise BadPicture where decoding needs too much memory whatever size it is decoded to."""
    if source.working_bytes > _MAX_WORKING_BYTES:
        affordable = size[0] * size[1] * _MAX_WORKING_BYTES // source.working_bytes
        raise BadPicture(PictureFault.TOO_MANY_PIXELS, limit=affordable // 10**6)


def _frame_of(source: Source, file_type: str) -> int:
    """The number of the frame that is used."""
    with _open_picture(source.data, file_type) as image:
        return choose_frame(image, source.hidden_frames)


def _decode(image: Image.Image, frame: int) -> None:
    """Decode that frame, a JPEG at 1/2, 1/4 or 1/8 where that is large enough."""
    kept = max(min(image.size), cut_length(image.size, MAX_SIDE))
    width, height = (max(each * _DECODED_SIDE // kept, 1) for each in image.size)
    image.draft(None, (width, height))
    if frame:
        image.seek(frame)
    image.load()


def _check_complete(padded: bytes, file_type: str, image: Image.Image, frame: int) -> None:
    """Raise BadPicture where a file that ends early, with bytes behind it, is another picture."""
    with _open_picture(padded, file_type) as decoded:
        _decode(decoded, frame)
        if reduced(decoded, cut_box(decoded, MAX_SIDE), MAX_SIDE).tobytes() != image.tobytes():
            raise BadPicture(PictureFault.BROKEN)


def _file_issues(image: Image.Image, source: Source) -> Iterator[PictureIssue]:
    """Issues that only the source shows: animation, and a size that has to be reduced."""
    if is_animated(image) and getattr(image, "n_frames", 1) - source.hidden_frames > 1:
        yield PictureIssue.ANIMATED
    if max(image.size) > MAX_SIDE:
        yield PictureIssue.SHRUNK


def _orientation(exif: bytes) -> Image.Transpose | None:
    """The transposition that turns the picture upright by its EXIF tag; None where it is upright."""
    tags = Image.Exif()
    try:
        tags.load(exif)
        return _TRANSPOSES.get(tags.get(_ORIENTATION, 1))
    except DECODER_ERRORS:
        return None  # malformed EXIF is no reason to refuse the picture


def _in_srgb(image: Image.Image, profile: bytes | None, colour: ColourSpace | None) -> Image.Image:
    """Convert a normalised image to sRGB, and draw what is transparent on the background."""
    if image.mode not in ("LA", "RGBA"):
        return to_srgb(image, profile, colour)
    alpha = image.getchannel("A")
    opaque = image.getchannel("L") if image.mode == "LA" else image.convert("RGB")
    converted = to_srgb(opaque, profile, colour)
    converted.putalpha(alpha)
    return flatten(converted)


def _to_png(image: Image.Image) -> bytes:
    image.info.clear()  # Pillow would write the profile and comments of the source
    target = BytesIO()
    image.save(target, "PNG", compress_level=1)  # stored here and uploaded once: speed matters more than size
    return target.getvalue()
