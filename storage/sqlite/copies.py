"""Copies of the database file: made while it is open, looked at, and put in its place."""

import contextlib
import itertools
import os
import shutil
import sqlite3
import time
from pathlib import Path

from storage.errors import StoreUnavailable
from storage.sqlite.translation import translated_errors

BEFORE_UPDATE = "before-update"  # how the names of copies begin that are made before a migration
BEFORE_RESTORE = "before-restore"  # and of what a restore has replaced
MAX_KEPT = 3  # of each of these two kinds
COMPANIONS = ("", "-wal", "-shm")


def backup_folder(database: Path) -> Path:
    """The folder of the copies of this database."""
    return database.parent / "backups"


def copies_to_restore(folder: Path, newest_schema: int) -> list[Path]:
    """The copies that this version can read: of before an update, others, then what was replaced."""
    readable = [path for path in all_copies(folder) if 0 < (schema_of(path) or 0) <= newest_schema]
    return sorted(readable, key=_preference)


def _preference(copy: Path) -> int:
    return 0 if copy.name.startswith(BEFORE_UPDATE) else 2 if copy.name.startswith(BEFORE_RESTORE) else 1


def all_copies(folder: Path) -> list[Path]:
    """All copies of the database in its folder of backups, the newest first."""
    found = [(path.stat().st_mtime, path) for path in folder.glob("*.db") if path.is_file()]
    return [path for _, path in sorted(found, reverse=True)]


def files_of(database: Path) -> list[Path]:
    """The three files that are one database: the pages, the write-ahead log, its index."""
    return [database.with_name(database.name + each) for each in COMPANIONS]


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent copy as one file that only its owner may read; `target` is replaced at the end.

    Within one thread: a cancelled task must not close a connection that a thread still writes to. Raises
    StoreUnavailable, OSError.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    make_private_file(part)
    with (
        translated_errors(source),
        contextlib.closing(sqlite3.connect(source)) as reading,
        contextlib.closing(sqlite3.connect(part)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")
    part.replace(target)


def _copy_compacted(source: Path, target: Path) -> None:
    """Copy without free space, where an earlier version left what was deleted. Raises StoreUnavailable."""
    make_private_file(target)
    with translated_errors(source), contextlib.closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def make_private_file(path: Path) -> None:
    """Create an empty file that only its owner may read, unless it exists. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def schema_of(path: Path) -> int | None:
    """The version of a copy's schema; None where it is no database, or is damaged in its first page."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return None


def copy_before_migration(database: Path, version: int) -> Path:
    """Keep the database as it is before its schema changes; of such copies the newest MAX_KEPT stay.

    Raises StoreUnavailable: then nothing may be migrated.
    """
    folder = backup_folder(database)
    target = folder / f"{BEFORE_UPDATE}-{version:04}-{timestamp()}.db"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _copy_compacted(database, target)
        keep_newest_of(folder, BEFORE_UPDATE)
    except OSError as err:
        raise StoreUnavailable(
            f"the database must change for this version of the bot, and {target} cannot be written first: "
            f"{err.strerror or err}. Nothing was changed"
        ) from err
    return target


def keep_newest_of(folder: Path, kind: str) -> None:
    """Remove all but the newest MAX_KEPT copies of that kind, with what stands beside them."""
    for old in sorted(folder.glob(f"{kind}-*.db"), key=lambda path: path.stat().st_mtime)[:-MAX_KEPT]:
        for each in files_of(old):
            each.unlink(missing_ok=True)


def timestamp() -> str:
    """This second in UTC, as file names have it."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime())


# Replacing: the renaming of the staged copy to its last name decides. Whoever opens the database finishes it.


def staged_copy(database: Path) -> Path:
    """Where a whole copy stands that is to replace the database, whatever happens from then on."""
    return database.with_name(f"{database.name}.restored")


def keep_replaced(database: Path) -> Path | None:
    """Link (else copy) the database's three files into the folder of backups; None where there is none."""
    folder = backup_folder(database)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _free_name(folder, f"{BEFORE_RESTORE}-{timestamp()}")
    for source, target in zip(files_of(database), files_of(kept), strict=True):
        if source.exists():
            try:
                target.hardlink_to(source)
            except OSError:  # a file system without links
                shutil.copy2(source, target)
    keep_newest_of(folder, BEFORE_RESTORE)
    return kept if kept.exists() else None


def _free_name(folder: Path, stem: str) -> Path:
    """The name of a copy that is not taken, with a number where another is of the same second."""
    names = (f"{stem}{f'-{number}' if number else ''}.db" for number in itertools.count())
    return next(path for name in names if not any(map(Path.exists, files_of(path := folder / name))))


def finish_replacing(database: Path) -> None:
    """Replace the database and its log by a staged copy, if there is one. Hold the lock. Raises OSError."""
    staged = staged_copy(database)
    if not staged.exists():
        return
    _, *companions = files_of(database)
    for each in companions:
        each.unlink(missing_ok=True)
    staged.replace(database)
    sync_folder(database.parent)


def sync_folder(folder: Path) -> None:
    """Have the renamings in a folder survive a power cut, where the system can do that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
