"""Remove old rows, drafts, pictures and clips in batches."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from storage.blobs.files import FilesLeft, FileStore
from storage.job import Row
from storage.sqlite.database import Database
from storage.sqlite.statements import NEEDED_PICTURES, REMOVE_PEOPLE, REMOVE_ROWS

DAY = 86400.0  # seconds
HOUR = 3600.0
ROWS_PER_BATCH = 500


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
    """Remove pictures of no unfinished job and of none finished after `before`. Raises FilesLeft.

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
    """Remove clips written before that Unix time, unless their job is unfinished. Raises FilesLeft."""
    left = list[FilesLeft]()
    for name in await files.clips_before(before):
        job = {"id": name.partition(".")[0]}
        if await database.fetch("SELECT 1 FROM job WHERE id = :id AND finished_at IS NULL", job):
            continue
        try:
            await files.remove_clips([name], before)
        except FilesLeft as err:
            left.append(err)
        else:
            await database.fetch(
                "UPDATE job SET clip = NULL WHERE id = :id AND clip = :name", job | {"name": name}
            )
    if left:
        raise FilesLeft(f"{len(left)} clips: {left[0]}")
