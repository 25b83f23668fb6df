"""Look at a database without changing it, for the doctor: another process may work with it meanwhile."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from storage.sqlite.copies import backup_folder
from storage.sqlite.database import damaged, migrations, too_new, translated_errors


async def check_database(path: Path) -> None:
    """Raise what opening the file would: StoreDamaged, SchemaTooNew, StoreUnavailable. No file is fine."""
    await asyncio.to_thread(_check, path)


def _check(path: Path) -> None:
    if not path.exists():
        return
    with translated_errors(path), contextlib.closing(_open(path)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found != "ok":
        raise damaged(found, path)
    if version > max(migrations()):
        raise too_new(path, version, backup_folder(path))


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
