"""Recognise a file's format by its first bytes, before any child process starts."""

from enum import StrEnum


class FileType(StrEnum):
    """The formats that `sniff` recognises; `media.media` decides which are accepted."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"
    HEIC = "heic"
    BMP = "bmp"
    TIFF = "tiff"
    JXL = "jxl"
    SVG = "svg"
    HTML = "html"
    PDF = "pdf"
    MP4 = "mp4"
    WEBM = "webm"


PICTURES = frozenset(
    {
        *(FileType.JPEG, FileType.PNG, FileType.GIF, FileType.WEBP, FileType.AVIF, FileType.HEIC),
        *(FileType.BMP, FileType.TIFF, FileType.JXL, FileType.SVG),
    }
)
"""The pictures among them, accepted or not."""

_SIGNATURES = (
    (b"\xff\xd8\xff", FileType.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"GIF87a", FileType.GIF),
    (b"GIF89a", FileType.GIF),
    (b"BM", FileType.BMP),
    (b"II*\x00", FileType.TIFF),
    (b"MM\x00*", FileType.TIFF),
    (b"\xff\x0a", FileType.JXL),
    (b"\x00\x00\x00\x0cJXL ", FileType.JXL),
    (b"%PDF-", FileType.PDF),
    (b"\x1a\x45\xdf\xa3", FileType.WEBM),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_MARKUP_BYTES = 1024  # bytes: comments and a doctype may stand before the first tag


def sniff(data: bytes) -> FileType | None:
    """The format of a file by its first bytes (1,024 are enough), None where it is unknown."""
    for signature, file_type in _SIGNATURES:
        if data.startswith(signature):
            return file_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return FileType.WEBP
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    return _sniff_markup(data[:_MARKUP_BYTES])


def _sniff_brands(data: bytes) -> FileType:
    """The format of an ISO base media file by its brands (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(data[:4], "big"), _MARKUP_BYTES)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return FileType.AVIF
    if brands & _HEIC_BRANDS:
        return FileType.HEIC
    return FileType.MP4


def _sniff_markup(head: bytes) -> FileType | None:
    """SVG or HTML where the text begins with a tag."""
    text = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()  # UTF-16 too
    if not text.startswith(b"<"):
        return None
    if b"<svg" in text:
        return FileType.SVG
    return FileType.HTML
