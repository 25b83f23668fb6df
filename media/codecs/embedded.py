"""Read the workflow that ComfyUI embeds in what it saves: PNG, WebP, MP4 and WebM."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from av.error import FFmpegError
from PIL import Image

from media.codecs.containers import open_container
from media.errors import BadClip, ClipFault
from media.file_types import FileType, sniff

MAX_TEXT = 10_000_000  # bytes of each text, as it is and inflated
_KEYS = ("prompt", "workflow")  # in API format, and as the page saves it
_HEAD = 1024  # bytes to recognise a file by


def embedded_workflow(path: Path) -> str:
    """The workflow in a file, as JSON with the texts of `prompt` and `workflow`; "" where it holds none.

    Raises BadClip for damaged files and for texts that are too large.
    """
    with path.open("rb") as file:
        file_type = sniff(file.read(_HEAD))
        match file_type:
            case FileType.PNG:
                found = dict(_png_texts(file))
            case FileType.WEBP:
                found = dict(_webp_texts(file))
            case FileType.MP4 | FileType.WEBM:
                found = _container_texts(path, file_type)
            case _:
                found = {}
    kept = {key: found[key] for key in _KEYS if found.get(key)}
    if sum(map(len, kept.values())) > MAX_TEXT:
        raise BadClip(ClipFault.TOO_LARGE)
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def _png_texts(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """The texts of a PNG (third edition, 11.3.3) by their keywords, those with our keywords only."""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name not in (b"tEXt", b"zTXt", b"iTXt"):
            file.seek(length + 4, 1)
            continue
        keyword, _, text = _bounded(file, length).partition(b"\0")
        file.seek(4, 1)
        key = keyword.decode("latin-1").lower()
        if key in _KEYS:
            yield key, _png_text(name, text)


def _png_text(name: bytes, text: bytes) -> str:
    if name == b"tEXt":
        # ComfyUI writes JSON without other characters; other programs write UTF-8 in spite of the standard.
        return _utf8(text)
    if name == b"zTXt":
        return _utf8(_inflate(text[1:]))
    compressed = text[:1] == b"\1"
    plain = text[2:].split(b"\0", 2)[-1]  # behind the language and the translated keyword
    return _utf8(_inflate(plain) if compressed else plain)


def _webp_texts(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """The texts `prompt:…` and `workflow:…` among the strings of a WebP's Exif, whichever tags hold them."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name != b"EXIF":
            file.seek(length + length % 2, 1)
            continue
        exif = Image.Exif()
        exif.load(_bounded(file, length))
        for value in exif.values():
            key, _, text = value.partition(":") if isinstance(value, str) else ("", "", "")
            if key.lower() in _KEYS:
                yield key.lower(), text
        return


def _container_texts(path: Path, file_type: FileType) -> Mapping[str, str]:
    """The tags of a clip; VideoHelperSuite puts both into one JSON text, the comment."""
    try:
        with open_container(path, file_type) as container:
            tags = {key.lower(): value for key, value in container.metadata.items()}
    except (FFmpegError, UnicodeDecodeError) as err:
        raise BadClip(ClipFault.BROKEN) from err
    return {**_comment_texts(tags.get("comment", "")), **tags}


def _comment_texts(comment: str) -> Mapping[str, str]:
    if len(comment) > MAX_TEXT or not comment.startswith("{"):
        return {}
    try:
        values = json.loads(comment)
    except (ValueError, RecursionError):
        return {}
    return {key: each if isinstance(each, str) else json.dumps(each) for key, each in values.items()}


def _bounded(file: BinaryIO, length: int) -> bytes:
    if length > MAX_TEXT:
        raise BadClip(ClipFault.TOO_LARGE)
    return file.read(length)


def _inflate(data: bytes) -> bytes:
    try:
        decoder = zlib.decompressobj()
        text = decoder.decompress(data, MAX_TEXT)
    except zlib.error as err:
        raise BadClip(ClipFault.BROKEN) from err
    if decoder.unconsumed_tail:
        raise BadClip(ClipFault.TOO_LARGE)
    return text


def _utf8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
