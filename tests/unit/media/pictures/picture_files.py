"""Pictures built byte by byte, and what a codec makes of them, without a child process."""

import struct
import zlib
from collections.abc import Iterable, Sequence

import pytest
from PIL import Image

from media import BadPicture
from media.pictures.pictures import clean
from tests.unit.media.sample_pictures import opened, png_chunk, save

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CORNERS = {(10, 10): (255, 0, 0), (290, 10): (0, 255, 0), (10, 250): (0, 0, 255), (290, 250): (255, 255, 0)}
Chunk = tuple[bytes, bytes]


def corners() -> Image.Image:
    """300 × 260 pixels: red, green, blue and yellow quarters, from the upper left on."""
    image = Image.new("RGB", (300, 260))
    for (x, y), colour in CORNERS.items():
        image.paste(colour, (x // 150 * 150, y // 130 * 130, x // 150 * 150 + 150, y // 130 * 130 + 130))
    return image


def cleaned(data: bytes, file_type: str) -> Image.Image:
    """The picture that a file becomes."""
    return opened(clean(data, file_type)[1])


def refused(data: bytes, file_type: str) -> BadPicture:
    with pytest.raises(BadPicture) as caught:
        clean(data, file_type)
    return caught.value


def shows(image: Image.Image, picture: Image.Image | None = None, within: int = 8) -> bool:
    """Whether an image shows the same as another, by its size and some pixels."""
    wanted = picture or corners()
    return image.size == wanted.size and all(
        abs(one - other) <= within
        for at in CORNERS
        for one, other in zip(channels(image, at), channels(wanted, at), strict=True)
    )


def channels(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    pixel = image.getpixel(at)
    return pixel if isinstance(pixel, tuple) else (int(pixel or 0),)


def with_chunks(*chunks: Chunk, png: bytes | None = None) -> bytes:
    """A PNG with these chunks behind its header."""
    png = png or save(corners(), "PNG")
    return png[:33] + b"".join(png_chunk(*each) for each in chunks) + png[33:]


def raw_png(
    size: tuple[int, int], depth: int, kind: int, rows: Iterable[bytes], chunks: Sequence[Chunk] = ()
) -> bytes:
    """A PNG of rows of packed samples."""
    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    all_chunks = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return SIGNATURE + b"".join(png_chunk(*each) for each in all_chunks)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body
