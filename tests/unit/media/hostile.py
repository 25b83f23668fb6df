"""Crafted and corrupted files, made from valid ones, the same on every run."""

import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cache

from PIL import Image

from tests.unit.media.sample_pictures import display_p3, ftyp, photo, png_chunk, save

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
PNG = b"\x89PNG\r\n\x1a\n"
END = png_chunk(b"IEND", b"")


def sound(kind: str) -> bytes:
    """A small file of this format, with everything in it that a decoder may stumble over."""
    image = photo(96, 72)
    exif = Image.Exif()
    exif[0x0112] = 6
    extra: dict[str, object] = {} if kind == "GIF" else {"exif": exif, "icc_profile": display_p3()}
    if kind in ("GIF", "WEBP"):
        extra |= {"save_all": True, "append_images": [photo(96, 72).rotate(90)], "duration": 50}
    return save(image, kind, **extra)


@cache
def crafted() -> dict[str, bytes]:
    """One file for each known trick."""
    jpeg, png, gif, webp = (sound(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP"))
    script = b"<script>alert(1)</script>"
    return {
        "empty": b"",
        "one byte": b"\xff",
        "jpeg header alone": jpeg[:3],
        "png header alone": PNG,
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "svg bomb": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><svg>&b;</svg>',
        "html": b"<!doctype html>" + script,
        "html named png": PNG + script,
        "html named gif": b"GIF89a" + script,
        "jpeg then html": jpeg + script,
        "jpeg with html inside": jpeg[:2] + _segment(0xFE, script) + jpeg[2:],
        "png then zip": png + b"PK\x03\x04" + bytes(200),
        "gif then jpeg": gif + jpeg,
        "jpeg then png": jpeg + png,
        "heic": ftyp(b"heic", b"mif1", b"heic") + bytes(100),
        "avif without picture": ftyp(b"avif", b"mif1") + bytes(100),
        "mp4": ftyp(b"isom", b"avc1") + bytes(100),
        "ftyp of endless length": b"\xff\xff\xff\xffftypavif" + bytes(100),
        "pdf": b"%PDF-1.4\n" + script,
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "png of 2³¹ pixels a side": PNG + _header(2**31 - 1, 2**31 - 1) + END,
        "png of no pixels": PNG + _header(0, 0) + END,
        "png one pixel high": PNG + _header(49_000_000, 1) + END,
        "png without pixels": PNG + _header(96, 72) + END,
        "png of 51 megapixels": PNG + _header(10_200, 5000) + END,
        "png of 49 megapixels without pixels": PNG + _header(7000, 7000) + END,
        "png with a text bomb": _with_chunk(png, b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))),
        "png with a profile bomb": _with_chunk(png, b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000))),
        "png with a broken checksum": png[:29] + b"\0\0\0\0" + png[33:],
        "gif of 65,535 a side": gif[:6] + b"\xff\xff\xff\xff" + gif[10:],
        "gif frame beyond its screen": _gif_frame(50_000, 50_000),
        "webp of 16,384 a side": webp[:24] + b"\xff\x3f\x00\xff\x3f\x00" + webp[30:],
        "webp of endless length": webp[:4] + b"\xff\xff\xff\xff" + webp[8:],
        "jpeg of 65,535 a side": _resized_jpeg(jpeg, 65_535, 65_535),
        "jpeg of 49 megapixels without pixels": _resized_jpeg(jpeg, 7000, 7000),
        "jpeg of no pixels": _resized_jpeg(jpeg, 0, 0),
        "jpeg with ten thousand comments": jpeg[:2] + _segment(0xFE, b"x") * 10_000 + jpeg[2:],
        "jpeg with exif that points at itself": jpeg[:2] + _segment(0xE1, _looping_exif()) + jpeg[2:],
        "jpeg with half a profile": jpeg[:2] + _segment(0xE2, b"ICC_PROFILE\0\1\2half") + jpeg[2:],
        "jpeg of endless scans": _endless_scans(),
    }


def fuzzed(count: int) -> Iterator[tuple[str, bytes]]:
    """Corrupted pictures of all formats."""
    return corrupted([sound(kind) for kind in FORMATS], count)


def corrupted(seeds: Sequence[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    """Sound files in turn, each cut, flipped, filled, repeated, or with a lie in place of a number."""
    dice = random.Random(20)  # noqa: S311 - the same corruptions each time
    kinds = (_cut, _flip, _fill, _repeat, _lie)
    for number in range(count):
        corruption = dice.choice(kinds)
        seed = seeds[number % len(seeds)]
        yield f"{number} {corruption.__name__}", corruption(seed, dice)


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _flip(data: bytes, dice: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(dice.choice((1, 4, 32))):
        broken[dice.randrange(12, len(data))] ^= 1 << dice.randrange(8)
    return bytes(broken)


def _fill(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(12, len(data))
    length = dice.randrange(1, 64)
    return data[:start] + dice.randbytes(length) + data[start + length :]


def _repeat(data: bytes, dice: random.Random) -> bytes:
    start, end = sorted(dice.randrange(12, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * dice.choice((1, 50)) + data[end:]


def _lie(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(12, min(len(data), 400))
    return data[:at] + dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")) + data[at + 4 :]


def _header(width: int, height: int) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def _with_chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    return png[:33] + png_chunk(name, body) + png[33:]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def _looping_exif() -> bytes:
    """A TIFF directory whose next directory, and whose EXIF directory, is itself."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)


def _resized_jpeg(jpeg: bytes, width: int, height: int) -> bytes:
    """Lie about the size in the frame header (ITU T.81, B.2.2)."""
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def _endless_scans() -> bytes:
    """A progressive JPEG whose last scan comes three hundred times: each goes over every block again."""
    jpeg = save(photo(1500, 1500), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * 300 + jpeg[-2:]


def _gif_frame(width: int, height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + bytes(6)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"
