"""Open the two databases of a move, and move: each held so that no bot works on it meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from storage.beside import check_file
from storage.database import DatabaseLocation
from storage.migration.move import Moved, Report, move
from storage.permissions import make_private
from storage.sql.tables import TableAccess
from storage.sqlite.database import open_database
from storage.sqlite.tables import open_tables as open_sqlite_tables


async def migrate(
    source: DatabaseLocation, target: DatabaseLocation, report: Report = lambda table, rows: None
) -> Moved:
    """Move all rows of `source` into `target`, which is made where there is none.

    Raises StoreInUse where a bot works on either, StoreError where the target holds other rows.
    """
    async with open_source(source) as old, open_target(target) as new:
        return await move(old, new, report)


@contextlib.asynccontextmanager
async def open_source(location: DatabaseLocation) -> AsyncGenerator[TableAccess]:
    """A database that is there, as it is. Raises StoreError."""
    if location.url:
        from storage.postgres.tables import open_tables  # imports asyncpg

        async with open_tables(location) as tables:
            yield tables
        return
    path = location.folder / "animate.db"
    await asyncio.to_thread(check_file, path)
    async with open_sqlite_tables(path) as tables:
        yield tables


@contextlib.asynccontextmanager
async def open_target(location: DatabaseLocation) -> AsyncGenerator[TableAccess]:
    """A database with the newest schema, made where there is none."""
    if location.url:
        from storage.postgres.tables import open_tables

        async with open_tables(location, create=True) as tables:
            yield tables
        return
    path = location.folder / "animate.db"
    await asyncio.to_thread(make_private, location.folder)
    async with open_database(path):
        pass
    async with open_sqlite_tables(path) as tables:
        yield tables
