"""Tell a clip whose file ends too early by its container, without a decoder.

A decoder shows what there is: half of a clip whose index stands first looks like a shorter one.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from media.file_types import FileType

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067  # RFC 8794, 11.2.1; RFC 9559, 5.1
_MAX_PARTS = 100_000  # boxes, elements, blocks or chunks to look at: more is no clip
_GIF_EXTENSION, _GIF_IMAGE, _GIF_END = b"!", b",", b";"


def is_cut(path: Path, file_type: FileType) -> bool:
    """Whether a part of the file is longer than what is left of it, or its end mark is missing."""
    look = _LOOKS.get(file_type)
    with path.open("rb") as file:
        return look is not None and look(file, path.stat().st_size)


def _is_mp4_cut(file: BinaryIO, size: int) -> bool:
    """Boxes as in ISO/IEC 14496-12, 4.2; bytes behind the last one that make no box are ignored.

    A fragment has two boxes, and others follow in a file that has any: it does not end within a header.
    """
    at, names = 0, [b""]
    for _ in range(_MAX_PARTS):
        file.seek(at)
        header = file.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:  # a 64-bit size follows the name
            length = int.from_bytes(header[8:16], "big")
        if len(name) < 4:
            return names[-1] == b"moof" or (bool(header) and b"moof" in names)
        if length < 8 or not name.isalnum():  # 0: the box reaches to the end of the file
            return False
        names.append(name)
        at += length
        if at > size:
            return True
    return False


def _is_matroska_cut(file: BinaryIO, size: int) -> bool:
    """Elements as in RFC 8794, 4; those of unknown size, as of live streams, say nothing."""
    at = 0
    for _ in range(_MAX_PARTS):
        file.seek(at)
        name, length = _vint(file, marked=True), _vint(file)
        if name is None or length is None:
            return False
        if at == 0 and name != _EBML:
            return False
        at = file.tell() if name == _SEGMENT and length < 0 else file.tell() + length
        if length < 0 and name != _SEGMENT:
            return False
        if at >= size:
            return at > size
    return False


def _vint(file: BinaryIO, *, marked: bool = False) -> int | None:
    """A variable-length integer; -1 where all its bits are set, None at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    bits = 7 * (more + 1)
    value = int.from_bytes(first + file.read(more), "big")
    if marked:
        return value
    value &= (1 << bits) - 1
    return -1 if value == (1 << bits) - 1 else value


def _is_riff_cut(file: BinaryIO, size: int) -> bool:
    """The length of all stands in the first chunk (RIFF); an odd one may lack its padding."""
    header = file.read(8)
    return int.from_bytes(header[4:8], "little") // 2 * 2 + 8 > size


def _is_gif_cut(file: BinaryIO, size: int) -> bool:
    """Blocks as in the GIF89a specification, to the trailer."""
    header = file.read(13)
    _skip_palette(file, header[10:11])
    for _ in range(_MAX_PARTS):
        kind = file.read(1)
        if kind in (b"", _GIF_END):
            return not kind
        if kind == _GIF_EXTENSION:
            file.read(1)
        elif kind == _GIF_IMAGE:
            _skip_palette(file, file.read(9)[8:9])
            file.read(1)
        else:
            continue  # bytes between blocks: decoders skip them
        while length := file.read(1):
            if not length[0]:
                break
            file.seek(length[0], 1)
    return file.tell() >= size


def _skip_palette(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, 1)


def _is_png_cut(file: BinaryIO, size: int) -> bool:
    """Chunks as in PNG (third edition), 5.3, to IEND."""
    at = 8
    for _ in range(_MAX_PARTS):
        file.seek(at)
        header = file.read(8)
        if header[4:8] == b"IEND":
            return False
        at += int.from_bytes(header[:4], "big") + 12
        if at >= size:
            return True
    return False


_LOOKS: Mapping[FileType, Callable[[BinaryIO, int], bool]] = {
    FileType.MP4: _is_mp4_cut,
    FileType.WEBM: _is_matroska_cut,
    FileType.WEBP: _is_riff_cut,
    FileType.GIF: _is_gif_cut,
    FileType.PNG: _is_png_cut,
}
