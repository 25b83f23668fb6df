"""Open the store: which database, the leases of before, the deletions that it does not know."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

from storage.limits import QueueLimits
from storage.location import DatabaseLocation
from storage.permissions import make_private
from storage.sqlite.database import open_database
from storage.store import Store

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def open_store(
    location: DatabaseLocation | Path, limits: QueueLimits | None = None
) -> AsyncGenerator[Store]:
    """Open the store, every erasure carried out; `location`: a Path is SQLite's folder.

    SQLite's is opened for one process: all leases are expired. Raises StoreInUse, SchemaTooNew,
    StoreUnavailable.
    """
    folder = location if isinstance(location, Path) else location.folder
    await asyncio.to_thread(make_private, folder)
    async with open_database(folder / "animate.db") as database:
        store = Store(database, limits=limits)
        await store.release_all()
        await _prepare(store)
        yield store


async def _prepare(store: Store) -> None:
    """Read the limits that were set, and carry out the erasures that the database does not know."""
    await store.read_limits()
    store.repeated_erasures = await store.repeat_erasures()
    if store.repeated_erasures:
        log.info("an older database: %d deletions are carried out again", store.repeated_erasures)
