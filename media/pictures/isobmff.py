"""Read the colour of an AVIF or HEIC: boxes of ISO/IEC 14496-12, the colour box of ISO/IEC 23008-12."""

from collections.abc import Iterator

from media.pictures.colour_space import ColourSpace, space_by_cicp
from media.pictures.source import Source

_PATH = (b"meta", b"iprp", b"ipco")
_FULL_BOXES = {b"meta"}  # whose boxes follow four bytes of version and flags
_MAX_BOXES = 4096
_SRGB, _CAMERAS = 13, frozenset({1, 6, 11, 14, 15})  # BT.709's curve and its like: encoders mean sRGB


def read_isobmff(data: bytes) -> Source:
    """Find the colour space that an AVIF or HEIC names by code points. The data stay as they are."""
    return Source(data=data, colour=_colour(data))


def _colour(data: bytes) -> ColourSpace | None:
    """The space of the first colour box with code points, that of the picture itself (12.1.5)."""
    properties = memoryview(data)
    for name in _PATH:
        properties = next((body for kind, body in _boxes(properties) if kind == name), memoryview(b""))
        properties = properties[4:] if name in _FULL_BOXES else properties
    boxes = list(_boxes(properties))
    peak = next((_number(body[:2]) for kind, body in boxes if kind == b"clli"), 0)  # MaxCLL in cd/m²
    for kind, body in boxes:
        if kind == b"colr" and bytes(body[:4]) == b"nclx" and len(body) >= 8:
            transfer = _number(body[6:8])
            return space_by_cicp(_number(body[4:6]), _SRGB if transfer in _CAMERAS else transfer, peak)
    return None


def _number(data: memoryview) -> int:
    return int.from_bytes(data, "big")


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and body of each box, up to one that is malformed."""
    at = 0
    for _ in range(_MAX_BOXES):
        size, name, header = _number(data[at : at + 4]), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, header = _number(data[at + 8 : at + 16]), 16
        end = at + size if size else len(data)
        if (size and size < header) or end > len(data) or at + header > len(data):
            return
        yield name, data[at + header : end]
        at = end
