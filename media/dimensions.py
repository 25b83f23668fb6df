"""Read from a picture's first bytes how many pixels it has, without decoding it."""

import re

from media.file_types import FileType

UNKNOWN = 1 << 62  # pixels
_FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]\x00[\x0b-\x14]\x08(....)", re.DOTALL)
_EXTENTS = re.compile(rb"\x00\x00\x00\x14ispe....(........)", re.DOTALL)
_HEAD = 1 << 20  # bytes in which the boxes of a file lie


def pixels_of(data: bytes, file_type: FileType) -> int:
    """Width times height of a picture, the most where a file names several; UNKNOWN where it names none.

    A JPEG's thumbnail counts too: what is too much is only slower.
    """
    match file_type:
        case FileType.PNG:
            sizes = [(data[16:20], data[20:24])] if data[12:16] == b"IHDR" else [(b"", b"")]
        case FileType.GIF:
            sizes = [(data[7:5:-1], data[9:7:-1])]
        case FileType.WEBP:
            return _webp_pixels(data)
        case FileType.JPEG:
            sizes = [(each[2:], each[:2]) for each in _FRAME.findall(data)]
        case _:
            sizes = [(each[:4], each[4:]) for each in _EXTENTS.findall(data[:_HEAD])]
    pixels = [int.from_bytes(width, "big") * int.from_bytes(height, "big") for width, height in sizes]
    return max(pixels, default=UNKNOWN)


def _webp_pixels(data: bytes) -> int:
    """The canvas of the three kinds of WebP (RFC 9649, 2.5 to 2.7)."""
    match data[12:16]:
        case b"VP8X":
            return (_little(data[24:27]) + 1) * (_little(data[27:30]) + 1)
        case b"VP8L":
            bits = _little(data[21:25])
            return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
        case _:
            return (_little(data[26:28]) & 0x3FFF) * (_little(data[28:30]) & 0x3FFF)


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
