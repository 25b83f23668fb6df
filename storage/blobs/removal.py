"""Removal and renaming of files that other programs may hold open."""

import errno
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from storage.blobs.errors import FilesLeft

REPLACE_SECONDS = 5.0  # for which a rename is tried again: on Windows scanners and viewers hold files open
_PAUSE_SECONDS = 0.1
_BUSY = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


def replace(source: Path, target: Path) -> Path:
    """Rename a file, tried again for REPLACE_SECONDS while another program holds it; returns the target."""
    deadline = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            return source.replace(target)
        except OSError as err:
            if err.errno not in _BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


def is_older(path: Path, time: float) -> bool:
    """Whether a file is there and was written before that Unix time."""
    try:
        return path.lstat().st_mtime < time
    except OSError:  # removed meanwhile
        return False


def remove_all(paths: Iterable[Path]) -> None:
    """Remove each of them, a folder with all in it; then raise FilesLeft where some could not be."""
    tried = [(path.name, failure_of(lambda path=path: remove(path))) for path in paths]
    errors = {name: error for name, error in tried if error}
    if errors:
        first = next(iter(errors.values()))
        raise FilesLeft(f"{len(errors)} cannot be removed, the first: {first}", errors)


def failure_of(action: Callable[[], None]) -> OSError | None:
    """Carry it out; its OSError instead of raising it."""
    try:
        action()
    except OSError as err:
        return err
    return None


def remove(path: Path) -> None:
    """Remove a file, or a folder in its place: a link to a folder is a file."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
