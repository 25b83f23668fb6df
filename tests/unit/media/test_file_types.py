"""The first bytes say what a file is."""

import pytest

from media.file_types import sniff
from tests.unit.media.sample_pictures import ftyp, photo, save


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_real_files_are_named_by_their_format(kind: str) -> None:
    assert sniff(save(photo(32, 32), kind)) == kind.lower()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (ftyp(b"heic", b"mif1", b"heic"), "heic"),
        (ftyp(b"mif1", b"heic"), "heic"),
        (ftyp(b"mif1", b"mif1", b"avif"), "avif"),
        (ftyp(b"isom", b"iso2", b"avc1"), "mp4"),
        (ftyp(b"qt  "), "mp4"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b'\xef\xbb\xbf \n<?xml version="1.0"?><!-- hello --><SVG/>', "svg"),
        ("<svg/>".encode("utf-16"), "svg"),
        (b"<!DOCTYPE html><title>x</title>", "html"),
        (b"  <script>alert(1)</script>", "html"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x1a\x45\xdf\xa3webm", "webm"),
        (b"just words", None),
        (b"", None),
        (b"\0" * 64, None),
        (b"\xff\xff\xff\xffftyp", "mp4"),
    ],
)
def test_what_is_no_picture_is_named_or_unknown(data: bytes, kind: str | None) -> None:
    assert sniff(data) == kind
