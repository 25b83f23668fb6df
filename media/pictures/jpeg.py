"""Read a JPEG's segments: Pillow gets those that the pixels need; colour and orientation are kept.

JPEG is ITU-T T.81; the application segments are those of JFIF, EXIF, ICC.1 (annex B.4) and Adobe.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from media.errors import BadPicture, PictureFault
from media.pictures.source import Source

END = b"\xff\xd9"
_PADDING = bytes(range(7, 247, 3)) * 4  # codes for something in any table
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SOS, _EOI = 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_APPLICATION, _COMMENT = range(0xE0, 0xF0), 0xFE
_KEPT = ((0xE0, b"JFIF\0", 14), (0xEE, b"Adobe", 12))  # marker, name, shortest body: they decide the channels
_EXIF, _ICC = b"Exif\0\0", b"ICC_PROFILE\0"


@dataclass(slots=True)
class _Found:
    """What the segments held."""

    kept: list[bytes] = field(default_factory=list[bytes])
    exif: bytes = b""
    profile: dict[int, bytes] = field(default_factory=dict[int, bytes])
    frame: tuple[int, bytes] = (0, b"")
    first_scan: bytes = b""
    ended: bool = False


def read_jpeg(data: bytes) -> Source:
    """Take a JPEG apart; one without its end gets it. Raises BadPicture for one without frame or scan."""
    found = _Found()
    for marker, body, scan in _segments(data):
        _sort(found, marker, body, scan)
    if not found.first_scan or len(found.frame[1]) < 6:
        raise BadPicture(PictureFault.BROKEN)
    profile = b"".join(found.profile[each] for each in sorted(found.profile))
    kept = b"".join((b"\xff\xd8", *found.kept))
    kept = kept if found.ended else kept.rstrip(b"\xff")  # half of a marker
    return Source(
        data=kept + END,
        exif=found.exif,
        profile=profile or None,
        working_bytes=_coefficient_bytes(found),
        padded=b"" if found.ended else kept + _PADDING + END,
    )


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, body, and the coded pixels that follow, of every segment up to the end."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 2 <= len(data):
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, b"", b""
            return
        if marker in (0x00, 0xFF) or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + max(length, 2)
        body = data[at + 4 : end]
        after = end
        if marker == _SOS:
            following = _MARKER_IN_SCAN.search(data, end)
            after = following.start() if following else len(data)
        yield marker, body, data[end:after]
        at = after


def _sort(found: _Found, marker: int, body: bytes, scan: bytes) -> None:
    """Keep what the pixels need, and note what the rest says."""
    if marker == _EOI:
        found.ended = True
    elif marker == 0xE1 and body.startswith(_EXIF):
        found.exif = found.exif or body
    elif marker == 0xE2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
        found.profile.setdefault(body[len(_ICC)], body[len(_ICC) + 2 :])
    elif (marker not in _APPLICATION and marker != _COMMENT) or _is_kept(marker, body):
        found.kept += [bytes((0xFF, marker)), (len(body) + 2).to_bytes(2, "big"), body, scan]
        if marker in _FRAMES:
            found.frame = marker, body
        if marker == _SOS:
            found.first_scan = found.first_scan or body


def _is_kept(marker: int, body: bytes) -> bool:
    return any(
        marker == kind and body.startswith(name) and len(body) >= shortest for kind, name, shortest in _KEPT
    )


def _coefficient_bytes(found: _Found) -> int:
    """What libjpeg keeps of the whole picture until it is decoded: nothing where one scan holds all of it.

    Two bytes for each coefficient of a frame that comes in several scans.
    """
    marker, frame = found.frame
    layers = frame[5]
    if marker not in _PROGRESSIVE and found.first_scan[0] >= layers:
        return 0
    factors = [(each >> 4, each & 15) for each in frame[7 : 6 + 3 * layers : 3]]
    widest, tallest = max((x for x, _ in factors), default=1), max((y for _, y in factors), default=1)
    samples = sum(x * y for x, y in factors) / max(widest * tallest, 1)
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return int(2 * width * height * samples)
