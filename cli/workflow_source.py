"""Reads the file that a workflow is made of, and what servers say of its node classes."""

import json
from collections.abc import Callable
from pathlib import Path

from cli.errors import CommandFailed
from media import FileType, sniff

MAX_TEXT_BYTES = 10 * 2**20
HEAD_BYTES = 1024
WITH_WORKFLOW = frozenset({FileType.PNG, FileType.WEBP, FileType.MP4, FileType.WEBM})
TEXT = frozenset({None, FileType.HTML, FileType.SVG})  # a marker of a Git conflict looks like markup
OTHERS = "give the JSON file, or a PNG, WebP, MP4 or WebM that ComfyUI saved"

ReadEmbedded = Callable[[Path], str]


def read_text(file: Path, read_embedded: ReadEmbedded) -> str:
    """The JSON text of a workflow, from its own file or out of a picture or clip. Raises CommandFailed."""
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            kind = sniff(head)
            if kind in TEXT:
                return _decode(file, head + stream.read(MAX_TEXT_BYTES))
    except OSError as err:
        raise CommandFailed(f"{file} cannot be read: {err.strerror or err}", 2) from err
    if kind not in WITH_WORKFLOW:
        raise CommandFailed(f"{file} ({kind.value}) holds no workflow: {OTHERS}", 2)
    return read_embedded(file)


def _decode(file: Path, data: bytes) -> str:
    if len(data) > MAX_TEXT_BYTES:
        limit = MAX_TEXT_BYTES // 2**20
        raise CommandFailed(f"{file} is larger than {limit} MiB, which no workflow is: {OTHERS}", 2)
    if not data.strip():
        raise CommandFailed(f"{file} is empty: {OTHERS}", 2)
    try:
        return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else json.detect_encoding(data))
    except UnicodeDecodeError as err:
        raise CommandFailed(f"{file} is no text in UTF-8: {OTHERS}", 2) from err
