"""Open the store of a folder beside the bot that works there, for a command; and make its file smaller."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from storage.database import DatabaseLocation
from storage.errors import StoreError, StoreInUse
from storage.sqlite.copies import backup_folder, files_of, schema_of, staged_copy
from storage.sqlite.database import SqliteDatabase, connected, exclusive_lock, lock_of, migrations, too_new
from storage.sqlite.translation import damaged
from storage.store import Store

INCREMENTAL = 2  # of PRAGMA auto_vacuum


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuumed:
    """How many bytes the database and its log took before and after; `whole`: it was written anew."""

    before: int
    after: int
    whole: bool


@contextlib.asynccontextmanager
async def open_store_beside(location: DatabaseLocation | Path) -> AsyncGenerator[Store]:
    """Open the store (a Path: in that folder) by a second connection, for the statements of one task.

    The bot that has it open sees at its next statement what was committed. Unlike `open_store` it takes no
    lock, ends no lease and changes no schema. Raises StoreError where there is no database of this schema.
    """
    if isinstance(location, Path):
        location = DatabaseLocation(folder=location)
    if location.url:
        from storage.postgres import database as postgres

        async with postgres.open_database(location, beside=True) as database:
            yield Store(database)
        return
    path = location.folder / "animate.db"
    await asyncio.to_thread(check_file, path)
    async with connected(path) as connection:
        yield Store(SqliteDatabase(connection, path))


def check_file(path: Path) -> None:
    """Raise a StoreError where this version cannot use the file as it is."""
    if not path.is_file():
        raise StoreError(
            f"there is no database in {path.parent} yet: start the bot once, or set DATA_DIR to its folder"
        )
    if staged_copy(path).exists():
        raise StoreError(f"{path} is about to be replaced by a restored copy: start the bot once, then again")
    newest, version = max(migrations()), schema_of(path)
    if version is None:
        raise damaged("it is no database", path)
    if version > newest:
        raise too_new(path, version, backup_folder(path))
    if version < newest:
        raise StoreError(
            f"{path} is of an earlier version of the bot (schema {version}, this one needs {newest}): "
            "start the bot of this version once, which brings it up to date"
        )


async def vacuum(store: Store) -> Vacuumed:
    """Return free space of the file to the disk: all of it where no bot works there, else what can be.

    `store`: of `open_store_beside`. Without a bot the file is written anew, for which the disk needs as
    much room once more. Raises StoreError.
    """
    database = store.database
    if not isinstance(database, SqliteDatabase):
        raise StoreError("PostgreSQL returns free space by itself (autovacuum): nothing is to be done")
    path = database.path
    before = await asyncio.to_thread(_size, path)
    try:
        with exclusive_lock(lock_of(path)):
            await database.fetch("PRAGMA auto_vacuum = INCREMENTAL", {})
            await database.fetch("VACUUM", {})
            await database.discard_deleted()
            return Vacuumed(before=before, after=await asyncio.to_thread(_size, path), whole=True)
    except StoreInUse:
        await _vacuum_beside(database)
    return Vacuumed(before=before, after=await asyncio.to_thread(_size, path), whole=False)


async def _vacuum_beside(database: SqliteDatabase) -> None:
    row = await database.fetch_one("PRAGMA auto_vacuum", {})
    if row is None or row[0] != INCREMENTAL:
        raise StoreError(
            f"{database.path} was made so that it cannot become smaller while the bot runs: "
            "end the bot, then vacuum again, which writes it anew"
        )
    await database.discard_deleted()


def _size(path: Path) -> int:
    """The bytes of the database and of its log."""
    return sum(each.stat().st_size for each in files_of(path)[:2] if each.exists())
