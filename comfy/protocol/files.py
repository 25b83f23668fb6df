"""Result files: their names on the server, and an atomic download to our disk."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from comfy.errors import BadAnswer, TooLarge
from comfy.protocol.json_values import as_text

FOLDERS = frozenset({"output", "temp", "input"})
CLIP_SUFFIXES = (".mp4", ".webm", ".webp", ".gif", ".mkv", ".mov")
FORBIDDEN_CHARACTERS = frozenset("/\\:\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file on the server. `/view` finds it only by all three: name, subfolder and type."""

    filename: str
    subfolder: str
    type: str

    @property
    def is_clip(self) -> bool:
        """Whether it is a moving picture, by its name."""
        return self.filename.lower().endswith(CLIP_SUFFIXES)


def parse_output_file(entry: Mapping[str, object]) -> OutputFile:
    """One entry of a node's output list.

    Raises BadAnswer for a name or subfolder that leads out of its folder (path traversal), or that holds
    control characters.
    """
    file = OutputFile(
        filename=as_text(entry.get("filename")),
        subfolder=as_text(entry.get("subfolder", "")),
        type=as_text(entry.get("type", "output")),
    )
    # Windows servers send their subfolders with backslashes.
    parts = file.subfolder.replace("\\", "/").split("/")
    leads_out = ".." in parts or file.subfolder[:1] in ("/", "\\") or ":" in file.subfolder
    if (
        leads_out
        or file.filename in ("", ".", "..")
        or FORBIDDEN_CHARACTERS & set(file.filename)
        or not (file.filename + file.subfolder).isprintable()
        or file.type not in FOLDERS
    ):
        raise BadAnswer(reason="a file name that leads out of its folder")
    return file


def is_moving_picture(head: bytes) -> bool:
    """Whether the first 16 bytes are those of MP4, WebM or Matroska, GIF, or WebP."""
    return (
        head[4:8] == b"ftyp"
        or head.startswith((b"\x1aE\xdf\xa3", b"GIF8"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    )


class AtomicDownload:
    """Writes a file as `NAME.part`, and renames it to NAME when it is complete and is a video."""

    def __init__(self, to: Path, *, limit: int) -> None:
        self._to = to
        self._part = to.with_name(f"{to.name}.part")
        self._limit = limit
        self._stream = self._part.open("w+b")

    def write(self, chunk: bytes) -> None:
        """Append bytes; raises TooLarge past the limit."""
        if self._stream.tell() + len(chunk) > self._limit:
            raise TooLarge(limit=self._limit)
        self._stream.write(chunk)

    def finish(self) -> None:
        """Flush it to disk (fsync: slow) and rename it.

        Raises BadAnswer when what arrived is no moving picture.
        """
        self._stream.seek(0)
        if not is_moving_picture(self._stream.read(16)):
            raise BadAnswer(reason="the file is no moving picture")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._part.replace(self._to)

    def discard(self) -> None:
        """Delete the `.part` file, if there is one still."""
        self._stream.close()
        self._part.unlink(missing_ok=True)
