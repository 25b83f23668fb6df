"""Remove old rows, pictures and clips in batches, and shrink the database file."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from storage.blobs.files import FileStore
from storage.job import Row
from storage.sqlite.database import Database
from storage.sqlite.statements import NEEDED_PICTURES, REMOVE_PEOPLE, REMOVE_ROWS

DAY = 86400.0  # seconds
HOUR = 3600.0
ROWS_PER_BATCH = 500
PAGES_PER_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days each is kept after its job's end; `backups` is the number of hourly copies."""

    rows: float = 365.0
    pictures: float = 30.0
    clips: float = 7.0
    backups: int = 24


async def remove_rows(database: Database, before: float) -> int:
    """Remove jobs finished before that Unix time, with their events; returns their number."""
    removed = 0
    while rows := await database.fetch(REMOVE_ROWS, {"before": before, "limit": ROWS_PER_BATCH}):
        removed += len(rows)
    return removed


async def remove_preferences(database: Database, now: float) -> None:
    """Remove the rows of people without jobs, except those used today (UTC)."""
    values = {"today": int(now // DAY), "limit": ROWS_PER_BATCH}
    while await database.fetch(REMOVE_PEOPLE, values):
        pass


async def remove_pictures(database: Database, files: FileStore, *, before: float, now: float) -> None:
    """Remove pictures of no unfinished job and of none finished after `before`.

    Those of the last hour stay: a picture is saved before its job is admitted.
    """
    old = await files.pictures_before(now - HOUR)
    await files.remove_pictures(old - await _needed(database, old, before), now - HOUR)


async def _needed(database: Database, pictures: AbstractSet[str], before: float) -> AbstractSet[str]:
    """Those of the pictures that belong to an unfinished job or one finished after `before`."""
    needed, after = set[str](), 0
    while (row := await _page(database, before, after)) and row["last"]:
        needed |= pictures & set(json.loads(row["pictures"]))
        after = row["last"]
    return needed


async def _page(database: Database, before: float, after: int) -> Row | None:
    values = {"before": before, "after": after, "limit": ROWS_PER_BATCH}
    return await database.fetch_one(NEEDED_PICTURES, values)


async def remove_clips(database: Database, files: FileStore, before: float) -> None:
    """Remove clips written before that Unix time, unless their job is unfinished."""
    for name in await files.clips_before(before):
        job = {"id": name.partition(".")[0]}
        if not await database.fetch("SELECT 1 FROM job WHERE id = :id AND finished_at IS NULL", job):
            await files.remove_clips([name], before)
            await database.fetch("UPDATE job SET clip = NULL WHERE id = :id AND clip IS NOT NULL", job)


async def shrink(database: Database) -> None:
    """Return free pages of the database file to the disk."""
    while (row := await database.fetch_one("PRAGMA freelist_count", {})) and row[0]:
        await database.fetch(f"PRAGMA incremental_vacuum({PAGES_PER_BATCH})", {})
