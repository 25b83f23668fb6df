"""The files of an owner's workflows: safe names, and both files of a workflow written or neither."""

import contextlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Generator, Mapping
from pathlib import Path

import comfy
from cli.errors import CommandFailed

SUFFIXES = (".json", ".toml")
MAX_NAME = 60  # characters
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in range(10))
RESERVED = frozenset({"con", "prn", "aux", "nul", *PORTS})
"""Names that Windows keeps for devices, whatever the suffix."""
UNNAMED = "workflow"


def name_from(file: Path) -> str:
    """A safe name that is like the file's: letters and digits of ASCII, `_` for all else."""
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")[:MAX_NAME].rstrip("_-")
    return f"{slug}_{UNNAMED}" if slug.lower() in RESERVED else slug or UNNAMED


def check_name(name: str) -> None:
    """Raise CommandFailed for a name that is not safe as a file's name on every system."""
    if not SAFE_NAME.fullmatch(name) or len(name) > MAX_NAME or name.lower() in RESERVED:
        raise CommandFailed(
            f"--name {name[:MAX_NAME]!a}: use up to {MAX_NAME} letters (A-Z), digits, _ and -, a letter or"
            " digit first, but no name of a device such as CON",
            2,
        )


def spelled(folder: Path, name: str) -> str | None:
    """The name of a workflow in the folder as it is spelled there; on some systems case does not count."""
    found = {file.stem for file in _files_in(folder) if file.stem.casefold() == name.casefold()}
    return name if name in found else min(found, default=None)


def pair_in(folder: Path, name: str) -> Mapping[str, Path]:
    """The files of a workflow by suffix, those that are there."""
    return {file.suffix.lower(): file for file in reversed(_files_in(folder)) if file.stem == name}


def is_built_in(name: str) -> bool:
    """Whether a workflow of that name comes with the program, in whatever case."""
    return spelled(comfy.BUILT_IN, name) is not None


def write_pair(folder: Path, name: str, template: str, manifest: str) -> Mapping[str, Path]:
    """Write both files of a workflow, or neither; returns their paths by suffix. Raises OSError.

    The graph comes last: a bot that looks meanwhile finds no graph without its manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = pair_in(folder, name)
    targets = {suffix: present.get(suffix, folder / f"{name}{suffix}") for suffix in SUFFIXES}
    with contextlib.ExitStack() as stack:
        new = {suffix: stack.enter_context(_scratch(folder)) for suffix in SUFFIXES}
        _write(new[".toml"], manifest)
        _write(new[".json"], template)
        before = present[".toml"].read_bytes() if ".toml" in present else None
        new[".toml"].replace(targets[".toml"])
        try:
            new[".json"].replace(targets[".json"])
        except OSError:
            _put_back(targets[".toml"], before)
            raise
    return targets


def remove_pair(folder: Path, name: str) -> list[Path]:
    """Remove the files of a workflow, the graph first; returns what was removed. Raises OSError."""
    present = pair_in(folder, name)
    removed = [present[suffix] for suffix in SUFFIXES if suffix in present]
    for file in removed:
        file.unlink()
    return removed


def _files_in(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    except OSError:
        return []


@contextlib.contextmanager
def _scratch(folder: Path) -> Generator[Path]:
    """A new empty file in the folder, which no catalogue reads; removed at the end if it is still there."""
    handle, name = tempfile.mkstemp(prefix=".new-", suffix=".tmp", dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Write it to the disk, to be read by whoever may read the folder: the bot may be another user."""
    with path.open("wb") as stream:
        stream.write(text.encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o600 | (path.parent.stat().st_mode & 0o044))


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
