"""Nothing is kept for ever: old rows, pictures and clips go, and the file shrinks, in small steps."""

import json
import sqlite3
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from storage.blobs.files import FileStore
from storage.sqlite.database import Database

DAY = 86400.0  # seconds
HOUR = 3600.0
ROWS_AT_ONCE = 500
PAGES_AT_ONCE = 1000

# Jobs are numbered in order of time: where none of the first is old enough, none of the others is.
REMOVE_ROWS = """
DELETE FROM job WHERE seq IN (
    SELECT seq FROM (SELECT seq, finished_at FROM job ORDER BY seq LIMIT :limit) WHERE finished_at <= :before
)
RETURNING seq
"""

# What is left of somebody without jobs is what their fair share was reckoned with, until the day is over.
REMOVE_PEOPLE = """
DELETE FROM person WHERE id IN (
    SELECT id FROM person
    WHERE day < :today AND NOT EXISTS (SELECT 1 FROM job WHERE user_id = person.id)
    LIMIT :limit
)
RETURNING id
"""

NEEDED_PICTURES = """
SELECT
    max(seq) AS last,
    json_group_array(DISTINCT picture) FILTER (WHERE finished_at IS NULL OR finished_at > :before) AS pictures
FROM (SELECT seq, picture, finished_at FROM job WHERE seq > :after ORDER BY seq LIMIT :limit)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how many days things are kept after their job's end; `backups` is a number of hourly copies."""

    rows: float = 365.0
    pictures: float = 30.0
    clips: float = 7.0
    backups: int = 24


async def remove_rows(database: Database, before: float) -> int:
    """Remove jobs finished before that Unix time, with their events; returns how many went."""
    removed = 0
    while rows := await database.fetch(REMOVE_ROWS, {"before": before, "limit": ROWS_AT_ONCE}):
        removed += len(rows)
    return removed


async def remove_preferences(database: Database, now: float) -> None:
    """Remove what is kept of people without jobs, but nothing of today (UTC)."""
    values = {"today": int(now // DAY), "limit": ROWS_AT_ONCE}
    while await database.fetch(REMOVE_PEOPLE, values):
        pass


async def remove_pictures(database: Database, files: FileStore, *, before: float, now: float) -> None:
    """Remove pictures that no job needs: neither one in work nor one finished after `before`.

    The youngest hour is spared: a picture is kept before its job is admitted.
    """
    old = await files.pictures_before(now - HOUR)
    await files.remove_pictures(old - await _needed(database, old, before), now - HOUR)


async def _needed(database: Database, pictures: AbstractSet[str], before: float) -> AbstractSet[str]:
    needed, after = set[str](), 0
    while (row := await _page(database, before, after)) and row["last"]:
        needed |= pictures & set(json.loads(row["pictures"]))
        after = row["last"]
    return needed


async def _page(database: Database, before: float, after: int) -> sqlite3.Row | None:
    values = {"before": before, "after": after, "limit": ROWS_AT_ONCE}
    return await database.fetch_one(NEEDED_PICTURES, values)


async def remove_clips(database: Database, files: FileStore, before: float) -> None:
    """Remove clips written before that Unix time, unless their job is still in work."""
    for name in await files.clips_before(before):
        job = {"id": name.partition(".")[0]}
        if not await database.fetch("SELECT 1 FROM job WHERE id = :id AND finished_at IS NULL", job):
            await files.remove_clips([name], before)
            await database.fetch("UPDATE job SET clip = NULL WHERE id = :id AND clip IS NOT NULL", job)


async def shrink(database: Database) -> None:
    """Give the disk back the pages that removed rows leave."""
    while (row := await database.fetch_one("PRAGMA freelist_count", {})) and row[0]:
        await database.fetch(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})", {})
