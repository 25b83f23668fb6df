"""Keeps what is stored from other users of the machine: folders 0700, files 0600, on POSIX."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

OWN_FILES = ("animate.db*", "animate.lock*", "erasures.txt*")
OWN_FOLDERS = ("pictures", "clips", "scratch", "backups")


def make_private(folder: Path) -> None:
    """Make the folder and what the bot keeps in it, older files too, readable by its owner alone.

    Anything else in the folder stays as it is. What cannot be changed is logged.
    """
    if os.name != "posix" or not folder.is_dir():
        return
    errors = [error for path in _own(folder) if (error := _restrict(path))]
    if errors:
        log.warning("other users of this machine may read %d of the stored files: %s", len(errors), errors[0])


def _own(folder: Path) -> Iterator[Path]:
    yield folder
    for pattern in OWN_FILES:
        yield from folder.glob(pattern)
    for name in OWN_FOLDERS:
        for parent, _, files in os.walk(folder / name):
            yield Path(parent)
            yield from (Path(parent, file) for file in files)


def _restrict(path: Path) -> OSError | None:
    """Take all rights of group and others; the owner's stay. Links are left alone."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & 0o700)
    except FileNotFoundError:
        return None
    except OSError as err:
        return err
    return None
