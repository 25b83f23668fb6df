"""The input, output and temp folders, and the checked names by which clients read and write in them."""

import hashlib
import re
import shutil
from pathlib import Path

from playground.comfyui.errors import NodeFailed, Refused

KINDS = ("input", "output", "temp")
_ANNOTATED = re.compile(r"(?P<name>.*?) ?\[(?P<kind>input|output|temp)\]$")


class Folders:
    """Three folders below `root`; temp is emptied whenever a server starts."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        """Create what is missing and empty temp."""
        shutil.rmtree(self._root / "temp", ignore_errors=True)
        for kind in KINDS:
            (self._root / kind).mkdir(parents=True, exist_ok=True)

    def of(self, kind: str) -> Path:
        """The folder called `kind`."""
        return self._root / kind

    def pictures(self) -> list[str]:
        """What LoadImage offers: the files at the top of the input folder."""
        return sorted(path.name for path in self.of("input").iterdir() if path.is_file())

    def annotated(self, name: str) -> Path:
        """The file LoadImage means by `sub/name.png [temp]` (44); the folder itself for a path outside it."""
        match = _ANNOTATED.match(name)
        kind, name = (match["kind"], match["name"]) if match else ("input", name)
        path = (self.of(kind) / name).resolve()
        return path if path.is_relative_to(self.of(kind).resolve()) else self.of(kind)

    def add(self, kind: str, subfolder: str, name: str, data: bytes) -> str:
        """Store an upload beside others; returns the name it got. Refused as `replace`."""
        target = _free(self._target(kind, subfolder, name), data)
        return _write(target, data)

    def replace(self, kind: str, subfolder: str, name: str, data: bytes) -> str:
        """Store an upload under this very name. Refused 400 outside the folder, 500 for an unknown kind."""
        return _write(self._target(kind, subfolder, name), data)

    def view(self, kind: str, subfolder: str, name: str) -> Path:
        """The file GET /view asks for. Refused 400, 403 or 404 (recording 10)."""
        if not name or ".." in name or name.startswith(("/", "\\")) or kind not in KINDS:
            raise Refused(400)
        folder = (self.of(kind) / subfolder).resolve()
        if not folder.is_relative_to(self.of(kind).resolve()):
            raise Refused(403)
        path = folder / Path(name).name
        if not path.is_file():
            raise Refused(404)
        return path

    def _target(self, kind: str, subfolder: str, name: str) -> Path:
        if kind not in KINDS:
            raise Refused(500)
        target = (self.of(kind) / subfolder / name).resolve()
        if not name or not target.is_relative_to(self.of(kind).resolve()):
            raise Refused(400)
        return target

    def next_output(self, kind: str, prefix: str, pattern: str) -> Path:
        """The next free file for `prefix`; `pattern` as in `{name}_{number:05}.mp4`. NodeFailed outside."""
        path = (self.of(kind) / prefix).resolve()
        if not path.is_relative_to(self.of(kind).resolve()):
            raise NodeFailed(
                "Exception", "**** ERROR: Saving image outside the output folder is not allowed.\n"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = re.compile(rf"{re.escape(path.name)}_(\d+)")
        matches = (taken.match(entry.name) for entry in path.parent.iterdir())
        number = max((int(match[1]) for match in matches if match), default=0) + 1
        return path.with_name(pattern.format(name=path.name, number=number))


def _free(target: Path, data: bytes) -> Path:
    """`x.png`, or `x (1).png` if other bytes have that name (recording 01)."""
    candidate, number = target, 0
    while candidate.exists() and _digest(candidate.read_bytes()) != _digest(data):
        number += 1
        candidate = target.with_name(f"{target.stem} ({number}){target.suffix}")
    return candidate


def _write(target: Path, data: bytes) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target.name


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
