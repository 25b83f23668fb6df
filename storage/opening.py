"""Open the store: which database, the leases of before, the deletions that it does not know."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

from storage.database import Database, DatabaseLocation
from storage.errors import StoreError
from storage.limits import QueueLimits
from storage.permissions import make_private
from storage.sqlite.database import SqliteDatabase, open_database
from storage.store import Store

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def open_store(
    location: DatabaseLocation | Path, limits: QueueLimits | None = None
) -> AsyncGenerator[Store]:
    """Open the store, every erasure carried out; `location`: a Path is SQLite's folder.

    SQLite's is opened for one process: all leases are expired, as no holder can be alive. PostgreSQL's is
    opened beside other processes. Raises StoreError, StoreInUse, SchemaTooNew, StoreUnavailable.
    """
    if isinstance(location, Path):
        location = DatabaseLocation(folder=location)
    await asyncio.to_thread(make_private, location.folder)
    async with _open_database(location) as database:
        store = Store(database, limits=limits)
        await _refuse_unfinished_copy(store)
        if isinstance(database, SqliteDatabase):
            await store.release_all()
        await _prepare(store)
        yield store


@contextlib.asynccontextmanager
async def _open_database(location: DatabaseLocation) -> AsyncGenerator[Database]:
    """The database, with the newest schema. The driver of PostgreSQL is imported for its URL only."""
    if location.url:
        from storage.postgres import database as postgres

        async with postgres.open_database(location) as opened:
            yield opened
    else:
        async with open_database(location.folder / "animate.db") as opened:
            yield opened


async def _refuse_unfinished_copy(store: Store) -> None:
    """Raise StoreError where `store migrate` has copied a part of another database into this one only."""
    if await store.database.fetch_one("SELECT 1 FROM about WHERE name = 'migration'", {}):
        raise StoreError(
            "this database is the unfinished copy of another one: give the same command again, "
            "python bot.py store migrate --to …, with the settings of the old database"
        )


async def _prepare(store: Store) -> None:
    """Read the limits that were set, and carry out the erasures that the database does not know."""
    await store.read_limits()
    store.repeated_erasures = await store.repeat_erasures()
    if store.repeated_erasures:
        log.info("an older database: %d deletions are carried out again", store.repeated_erasures)
