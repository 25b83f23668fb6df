"""Read the order of an MP4's boxes without a decoder."""

from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 64  # before the frames: real files have three or four


def is_faststart(path: Path) -> bool:
    """Whether the index (`moov`) stands before the frames (`mdat`); boxes as in ISO/IEC 14496-12, 4.2."""
    with path.open("rb") as file:
        for _ in range(_MAX_BOXES):
            name = _skip_box(file)
            if name in (b"moov", b"mdat", b""):
                return name == b"moov"
    return False


def _skip_box(file: BinaryIO) -> bytes:
    """Read a box's name and seek to the next box; returns b"" at the end of the file."""
    start = file.tell()
    header = file.read(16)
    size = int.from_bytes(header[:4], "big")
    if size == 1:  # a 64-bit size follows the name
        size = int.from_bytes(header[8:16], "big")
    if size < 8:
        return header[4:8]  # 0: the box reaches to the end of the file
    file.seek(start + size)
    return header[4:8]
