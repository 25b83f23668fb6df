"""Read a GIF's blocks: one whose first frame does not cover its screen gets a clear frame below it.

GIF is CompuServe's "Graphics Interchange Format, Version 89a". What no frame has drawn is clear in browsers;
Pillow fills it with the first colour of the palette.
"""

from collections.abc import Iterator
from importlib import import_module
from io import BytesIO

from PIL import Image

from media.pictures.source import Source

_EXTENSION, _IMAGE = 0x21, 0x2C
_MAX_PIXELS = 16_000_000  # of a screen that gets a clear frame


def read_gif(data: bytes) -> Source:
    """Take a GIF apart."""
    start = _table_end(data, 10, 13)
    first = next((at for at in _blocks(data, start) if data[at] == _IMAGE), None)
    screen = _size(data, 6)
    if first is not None:  # a first frame beyond the screen makes it larger
        (left, top), (width, height) = _size(data, first + 1), _size(data, first + 5)
        screen = max(screen[0], left + width), max(screen[1], top + height)
    if first is None or _covers(data, first, screen) or not 0 < screen[0] * screen[1] <= _MAX_PIXELS:
        return Source(data=data)
    return Source(data=data[:start] + _clear_frame(screen) + data[start:], hidden_frames=1)


def _covers(data: bytes, at: int, screen: tuple[int, int]) -> bool:
    """Whether the image at this offset reaches over the whole screen."""
    left, top = _size(data, at + 1)
    width, height = _size(data, at + 5)
    return left == top == 0 and width >= screen[0] and height >= screen[1]


def _blocks(data: bytes, at: int) -> Iterator[int]:
    """The offsets of extensions and images, up to the first image."""
    while at < len(data) and data[at] in (_EXTENSION, _IMAGE):
        yield at
        if data[at] == _IMAGE:
            return
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1


def _clear_frame(size: tuple[int, int]) -> bytes:
    """The blocks of a frame of this size that shows nothing and stays below what follows."""
    import_module("PIL.GifImagePlugin")  # registers the encoder
    target = BytesIO()
    Image.new("P", size).save(target, "GIF", transparency=0, disposal=1, optimize=False)
    data = target.getvalue()
    image = next(at for at in _blocks(data, _table_end(data, 10, 13)) if data[at] == _IMAGE)
    control = b"\x21\xf9\x04\x05\x00\x00\x00\x00"  # stays, colour 0 is clear
    flagged = data[image : image + 9] + bytes((data[image + 9] & 0x40 | 0x80,)) + bytes((0,) * 6)
    pixels = data[_table_end(data, image + 9, image + 10) : -1]
    return control + flagged + pixels


def _table_end(data: bytes, flags_at: int, at: int) -> int:
    """Where the table of colours ends that stands at `at`, if these flags announce one."""
    flags = data[flags_at] if flags_at < len(data) else 0
    return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _size(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
