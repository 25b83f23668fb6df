"""Back up the database to a file of one's choice, and put such a file back in its place."""

import contextlib
import logging
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from storage.errors import CopyUnusable, StoreError
from storage.opening import open_store
from storage.permissions import make_private
from storage.sqlite.copies import (
    backup_folder,
    copies_to_restore,
    copy_database,
    files_of,
    finish_replacing,
    keep_replaced,
    schema_of,
    staged_copy,
    sync_folder,
    timestamp,
)
from storage.sqlite.database import exclusive_lock, lock_of, migrations, too_new
from storage.sqlite.translation import translated_errors

log = logging.getLogger(__name__)

SQLITE_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore of `source` did. `replaced`: where the database of before is kept, if there was one.

    `erased`: how many deletions that people asked for since were carried out again; `jobs`: rows now.
    """

    source: Path
    replaced: Path | None
    erased: int
    jobs: int


def back_up(folder: Path, target: Path | None) -> Path:
    """Write a checked copy of the database in `folder`, also while a bot works with it; returns its path.

    `target`: a file, by default one in the folder of backups that is never deleted by itself; or a folder.
    Raises StoreError.
    """
    database = folder / "animate.db"
    name = f"backup-{timestamp()}.db"
    target = target or backup_folder(database) / name
    target = target / name if target.is_dir() else target
    if not database.is_file():
        raise StoreError(f"there is no database in {folder}: DATA_DIR names the folder")
    _check_target(target, database)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_database(database, target)
    except OSError as err:
        raise StoreError(f"{target} cannot be written: {err.strerror or err}") from err
    _check_pages(target)
    return target


def _check_target(target: Path, database: Path) -> None:
    """Refuse a file that is something else than an earlier copy. Raises StoreError."""
    own = {*files_of(database), staged_copy(database), lock_of(database)}
    if target.resolve() in {each.resolve() for each in own}:
        raise StoreError(f"{target} belongs to the database itself: choose another file")
    if target.exists() and target.stat().st_size and _header(target) != SQLITE_HEADER:
        raise StoreError(f"{target} is there already, and no copy of a database: choose another file")


async def restore(folder: Path, source: Path) -> Restored:
    """Put a copy in the place of the database in `folder`, and carry out the erasures since.

    The copy is checked first and stays as it is. Raises StoreInUse while a bot works in the folder,
    CopyUnusable, SchemaTooNew, StoreUnavailable: then nothing was changed.
    """
    database = folder / "animate.db"
    source = _find(source, database)
    try:
        replaced = _replace(database, source)
    except OSError as err:
        raise StoreError(
            f"{source} cannot be put in place: {err.strerror or err}. Nothing was changed"
        ) from err
    async with open_store(folder) as store:
        rows = await store.database.fetch("SELECT count(*) AS jobs FROM job", {})
        return Restored(
            source=source, replaced=replaced, erased=store.repeated_erasures, jobs=rows[0]["jobs"]
        )


def _find(source: Path, database: Path) -> Path:
    """The file itself, or that of this name in the folder of backups. Raises CopyUnusable."""
    for path in (source, backup_folder(database) / source):
        if path.is_file():
            if path.resolve() in {each.resolve() for each in files_of(database)}:
                raise CopyUnusable(f"{path} is the database itself: name a copy of it{_copies(database)}")
            return path.absolute()
    raise CopyUnusable(f"there is no file {source.absolute()}{_copies(database)}")


def _replace(database: Path, source: Path) -> Path | None:
    """Stage a checked copy of `source`, keep what is there, replace it. Raises OSError, StoreError."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(database.parent)
    with exclusive_lock(lock_of(database)):
        finish_replacing(database)
        with tempfile.TemporaryDirectory(dir=database.parent, prefix="restore-") as scratch:
            checked = _checked_copy(source, Path(scratch), database)
            replaced = keep_replaced(database)
            checked.replace(staged_copy(database))
        sync_folder(database.parent)
        finish_replacing(database)
    return replaced


def _checked_copy(source: Path, scratch: Path, database: Path) -> Path:
    """A copy of the file as one database, with what a log beside it holds. Raises StoreError."""
    for original, copied in zip(files_of(source)[:2], files_of(scratch / "as-it-is.db")[:2], strict=True):
        if original.exists():
            shutil.copyfile(original, copied)
    whole = scratch / "whole.db"
    if _header(source) != SQLITE_HEADER:
        raise CopyUnusable(f"{source} is no database{_copies(database)}")
    version = schema_of(scratch / "as-it-is.db")
    if version is not None and version > max(migrations()):
        raise too_new(source, version, backup_folder(database))
    try:
        copy_database(scratch / "as-it-is.db", whole)
        _check_pages(whole)
        _check_tables(whole)
    except StoreError as err:
        detail = err.__cause__ or err
        raise CopyUnusable(
            f"{source} cannot be used: {detail}. Nothing was changed{_copies(database)}"
        ) from err
    _sync(whole)
    return whole


def _check_pages(path: Path) -> None:
    """Check every page and index of a copy. Raises CopyUnusable, StoreUnavailable."""
    with translated_errors(path), contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise CopyUnusable(f"it is damaged ({found})")


def _check_tables(path: Path) -> None:
    """Check that a copy is one of this bot's database. Raises CopyUnusable, StoreUnavailable."""
    with translated_errors(path), contextlib.closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"job", "about", "person"} <= tables:
        raise CopyUnusable("it is the database of another program")


def _copies(database: Path) -> str:
    """The newest copies to try instead, as the end of a sentence."""
    found = copies_to_restore(backup_folder(database), max(migrations()))[:3]
    return f". Copies: {', '.join(map(str, found))}" if found else ""


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER))


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
