"""Pictures of every kind, good and bad, made on the spot."""

import struct
import zlib
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    target = BytesIO()
    if kind == "AVIF":
        options |= {"speed": 10}
    image.save(target, kind, **options)
    return target.getvalue()


def photo(width: int = 640, height: int = 600, mode: str = "RGB") -> Image.Image:
    """A bright picture with sharp detail, red on its left and blue on its right: nothing to advise."""
    image = Image.new("RGB", (width, height), "red")
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height), fill="blue")
    for y in range(height // 3, 2 * height // 3, 8):
        draw.line((0, y, width, y), fill="white", width=2)
    return image.convert(mode)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@cache
def fifty_megapixels() -> bytes:
    """A large half-transparent PNG: all that is allowed, and more than a second of work."""
    return _png_of_one_row(9000, 5500, bytes((255, 0, 0, 100)), colour_type=6)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def png_bomb(side: int = 13_000) -> bytes:
    """A square PNG of one colour: a few hundred kilobytes that want `side`² × 3 bytes."""
    return _png_of_one_row(side, side, bytes(3), colour_type=2)


def _png_of_one_row(width: int, height: int, pixel: bytes, *, colour_type: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    pixels = _deflated(b"\0" + pixel * width, height)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _deflated(row: bytes, times: int) -> bytes:
    """A row so many times, compressed once: half a gigabyte takes seconds (RFC 1950 and 1951)."""
    squeeze, checksum = zlib.compressobj(9, wbits=-15), 1
    block = squeeze.compress(row) + squeeze.flush(zlib.Z_FULL_FLUSH)
    for _ in range(times):
        checksum = zlib.adler32(row, checksum)
    return b"\x78\xda" + block * times + squeeze.flush() + checksum.to_bytes(4)


def ftyp(*brands: bytes) -> bytes:
    body = b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">I", 4 + len(body)) + body


def with_orientation(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return save(image, "JPEG", exif=exif, quality=95)


def display_p3() -> bytes:
    """An ICC profile of Display P3: its primaries under D50, and the curve of sRGB (ICC.1:2022)."""
    curve = b"para\0\0\0\0\0\3\0\0" + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(79),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": _xyz(0.2919, 0.6922, 0.0419),
        b"bXYZ": _xyz(0.1572, 0.0666, 0.7841),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += name + struct.pack(">II", at + len(body), len(value))
        body += padded
    size = at + len(body)
    header = struct.pack(">I4xI", size, 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return (header + _fixed(0.9642, 1.0, 0.8249)).ljust(128, b"\0") + table + body


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def near(pixel: object, wanted: tuple[int, int, int], within: int = 6) -> bool:
    """Whether each channel of a pixel is within that distance of the colour."""
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= within for one, other in zip(pixel, wanted, strict=True))
