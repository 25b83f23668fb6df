"""Read a PNG's chunks: Pillow gets those that the pixels need; colour and orientation are kept.

PNG is the W3C's "Portable Network Graphics (PNG) Specification (Third Edition)".
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from media.errors import BadPicture, PictureFault
from media.pictures.colour_space import ColourSpace, space_by_chromaticities, space_by_cicp
from media.pictures.source import Source

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DECODED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"IDAT", b"fdAT"})
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT"})
_SHORTEST = {b"IHDR": 13, b"tRNS": 1, b"acTL": 8, b"fcTL": 26, b"fdAT": 4}  # bytes
_MAX_PROFILE = 8_000_000  # bytes: the largest of printers have some four million
_INFLATED = 1 << 20  # bytes at a time
_GAMMAS = range(10_000, 1_000_001)  # in 1/100,000; others are mistakes
_SRGB_GAMMAS = range(45_000, 46_001)  # what sRGB is called where nothing else is said
_GREY, _TRUECOLOUR, _PALETTE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    body: bytes
    sound: bool  # its checksum is right


def read_png(data: bytes) -> Source:
    """Take a PNG apart. Raises BadPicture where chunks that the pixels need are damaged."""
    chunks = list(_usable(_chunks(data)))
    if not chunks or chunks[0].name != b"IHDR":
        raise BadPicture(PictureFault.BROKEN)
    _check_pixels([each for each in chunks if each.name == b"IDAT"])
    names = [each.name for each in chunks]
    pixels = names.index(b"IDAT") if b"IDAT" in names else len(names)
    found = {each.name: each.body for each in reversed(chunks[:pixels]) if each.name not in _DECODED}
    exif = next((each.body for each in chunks if each.name == b"eXIf"), b"")  # may come last
    return Source(
        data=_rebuild(chunks),
        exif=b"Exif\0\0" + exif if exif else b"",
        profile=None if b"cICP" in found else _profile(found.get(b"iCCP", b"")),
        colour=_colour(found),
        hidden_frames=_hidden_frames(names),
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Every chunk up to IEND, or to the end of the file: the last may be cut."""
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        checksum = data[at + 8 + length : at + 12 + length]
        if name == b"IEND":
            return
        yield _Chunk(name, body, zlib.crc32(name + body).to_bytes(4, "big") == checksum)
        at += 12 + length


def _usable(chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
    """Leave out what is damaged and not needed, and all acTL but the first. Raises BadPicture for what is."""
    animated = False
    for chunk in chunks:
        if chunk.name == b"acTL":
            if animated:
                continue
            animated = True
        if len(chunk.body) >= _SHORTEST.get(chunk.name, 0) and (chunk.sound or chunk.name == b"IDAT"):
            yield chunk
        elif chunk.name in _CRITICAL:
            raise BadPicture(PictureFault.BROKEN)


def _check_pixels(chunks: list[_Chunk]) -> None:
    """Raise BadPicture for pixels that a wrong checksum calls damaged, unless zlib's own is right."""
    if all(each.sound for each in chunks):
        return
    inflate = zlib.decompressobj()
    try:
        for each in chunks:
            rest = each.body
            while rest and not inflate.eof:
                inflate.decompress(rest, _INFLATED)
                rest = inflate.unconsumed_tail
    except zlib.error as err:
        raise BadPicture(PictureFault.BROKEN) from err
    if not inflate.eof:
        raise BadPicture(PictureFault.BROKEN)


def _rebuild(chunks: list[_Chunk]) -> bytes:
    """A PNG of the chunks that Pillow decodes, with right checksums."""
    depth, kind = chunks[0].body[8:10]
    parts = [_SIGNATURE]
    for each in chunks:
        if each.name not in _DECODED:
            continue
        body = _transparency(each.body, depth, kind) if each.name == b"tRNS" else each.body
        if body:
            parts += _pack(each.name, body)
    return b"".join([*parts, *_pack(b"IEND", b"")])


def _pack(name: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
    return struct.pack(">I4s", len(body), name), body, zlib.crc32(body, zlib.crc32(name)).to_bytes(4, "big")


def _transparency(body: bytes, depth: int, kind: int) -> bytes:
    """The body of tRNS with the transparent colour as Pillow decodes it, which scales all to 8 bits.

    Grey of 16 bits stays: `media.pictures.reduction` sees to it. Empty where the body does not fit.
    """
    if kind == _PALETTE:
        return body
    channels = {_GREY: 1, _TRUECOLOUR: 3}.get(kind, 0)
    if not channels or len(body) < 2 * channels:
        return b""
    values = struct.unpack_from(f">{channels}H", body)
    if depth == 16:
        values = values if kind == _GREY else tuple(each >> 8 for each in values)
    elif depth > 1:
        values = tuple((each & (1 << depth) - 1) * 255 // ((1 << depth) - 1) for each in values)
    return struct.pack(f">{channels}H", *values)


def _profile(body: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk; None where there is none, or it is broken or too large."""
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(body[body.index(b"\0") + 2 :], _MAX_PROFILE)
    except (ValueError, zlib.error):
        return None
    return profile if inflate.eof else None


def _colour(found: dict[bytes, bytes]) -> ColourSpace | None:
    """The colour space by cICP, or by gAMA and cHRM where sRGB does not overrule them (11.3.2)."""
    if len(cicp := found.get(b"cICP", b"")) == 4:
        return space_by_cicp(cicp[0], cicp[1], _peak(found))
    gamma = int.from_bytes(found.get(b"gAMA", b"")[:4], "big")
    if b"sRGB" in found or gamma not in _GAMMAS:
        return None
    chromaticities = found.get(b"cHRM", b"")
    if len(chromaticities) == 32:
        return space_by_chromaticities(100_000 / gamma, struct.unpack(">8I", chromaticities))
    return None if gamma in _SRGB_GAMMAS else space_by_chromaticities(100_000 / gamma, None)


def _peak(found: dict[bytes, bytes]) -> float:
    """The brightest pixel by cLLI, or else the screen's peak by mDCV, in cd/m²; 0 where neither is there."""
    for name, at in ((b"cLLI", 0), (b"mDCV", 16)):
        if peak := int.from_bytes(found.get(name, b"")[at : at + 4], "big"):
            return peak / 10_000
    return 0.0


def _hidden_frames(names: list[bytes]) -> int:
    """1 where the still picture is no frame of the animation: no fcTL stands before it (11.3.3)."""
    animated = b"acTL" in names and b"fdAT" in names and b"IDAT" in names
    return int(animated and b"fcTL" not in names[: names.index(b"IDAT")])
