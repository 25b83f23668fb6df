"""Reads the file that a workflow is made of, and what servers say of its node classes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import comfy
from cli.errors import CommandFailed
from media import FileType, MediaError, sniff

MAX_TEXT_BYTES = 50_000_000  # more than decode_source takes
HEAD_BYTES = 1024
WITH_WORKFLOW = frozenset({FileType.PNG, FileType.WEBP, FileType.MP4, FileType.WEBM})
MARKUP = frozenset({FileType.HTML, FileType.SVG})  # a marker of a Git conflict looks like markup
OTHERS = "give the JSON file, or a PNG, WebP, MP4 or WebM that ComfyUI saved"

ReadEmbedded = Callable[[Path], Awaitable[str]]
"""The workflow in a picture or clip, "" where there is none. Raises MediaError."""


async def read_text(file: Path, read_embedded: ReadEmbedded) -> str:
    """The JSON text of a workflow, from its own file or out of a picture or clip. Raises CommandFailed."""
    try:
        read = await asyncio.to_thread(_read, file)
    except OSError as err:
        raise CommandFailed(f"{file} cannot be read: {err.strerror or err}", 2) from err
    if isinstance(read, bytes):
        try:
            return comfy.decode_source(read)
        except comfy.BadAnswer as err:
            raise CommandFailed(f"{file}: {err.reason}; {OTHERS}", 2) from err
    if read not in WITH_WORKFLOW:
        raise CommandFailed(f"{file} ({read.value}) holds no workflow: {OTHERS}", 2)
    try:
        text = await read_embedded(file)
    except MediaError as err:
        raise CommandFailed(f"{file} ({read.value}) cannot be read: {err}; {OTHERS}", 2) from err
    if not text:
        raise CommandFailed(f"{file} holds no workflow: whoever saved or sent it took that out; {OTHERS}", 2)
    return text


def _read(file: Path) -> bytes | FileType:
    """What a text holds, as far as it may be a workflow, else what kind of file it is."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        kind = sniff(head)
        return head + stream.read(MAX_TEXT_BYTES) if kind is None or kind in MARKUP else kind
