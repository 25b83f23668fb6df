"""Remove old rows, drafts, pictures, clips and what is left of guilds in batches."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from storage.blobs.blobs import Blobs
from storage.blobs.errors import FilesLeft
from storage.database import Database, Row
from storage.sql.statements import (
    FINISHED_IN_LEFT_GUILD,
    FORGET_CLIPS,
    FORGET_LEFT_GUILD,
    NEEDED_PICTURES,
    REMOVE_FROM_LEFT_GUILD,
    REMOVE_PEOPLE,
    REMOVE_ROWS,
    UNFINISHED_AMONG,
)

DAY = 86400.0  # seconds
HOUR = 3600.0
ROWS_PER_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days each is kept after its job's end; `backups` is the number of hourly copies.

    `left_guilds`: how many days all of a guild is kept after the bot has left it.
    """

    rows: float = 365.0
    pictures: float = 30.0
    clips: float = 7.0
    left_guilds: float = 30.0
    backups: int = 24


async def remove_rows(database: Database, before: float) -> int:
    """Remove jobs finished before that Unix time, with their events; returns their number."""
    removed = 0
    while rows := await database.fetch(REMOVE_ROWS, {"before": before, "limit": ROWS_PER_BATCH}):
        removed += len(rows)
    return removed


async def remove_left_guilds(database: Database, files: Blobs, before: float) -> int:
    """Remove all of the guilds that were left before that Unix time; returns their number. Raises FilesLeft.

    Clips go before the rows that name them; pictures without a row are left to `remove_pictures`. A guild
    with an unfinished job, or one that the bot joins then, keeps the rest.
    """
    left = await database.fetch(
        "SELECT guild_id FROM membership WHERE left_at <= :before", {"before": before}
    )
    for row in left:
        values = {"guild": row["guild_id"], "before": before, "limit": ROWS_PER_BATCH}
        while jobs := [each["id"] for each in await database.fetch(FINISHED_IN_LEFT_GUILD, values)]:
            for job in jobs:
                await files.remove_clips_of(job)
            await database.fetch(REMOVE_FROM_LEFT_GUILD, {**values, "jobs": jobs})
        for statement in FORGET_LEFT_GUILD:
            await database.fetch(statement, values)
    return len(left)


async def remove_preferences(database: Database, now: float) -> None:
    """Remove the rows of people without jobs, except those used today (UTC)."""
    values = {"day": int(now // DAY), "limit": ROWS_PER_BATCH}
    while await database.fetch(REMOVE_PEOPLE, values):
        pass


async def remove_pictures(database: Database, files: Blobs, *, before: float, now: float) -> None:
    """Remove pictures of no unfinished job and of none finished after `before`. Raises FilesLeft.

    Those of the last hour stay: a picture is saved before its job is admitted.
    """
    old = await files.pictures_before(now - HOUR)
    await files.remove_pictures(old - await _needed(database, old, before), now - HOUR)


async def _needed(database: Database, pictures: AbstractSet[str], before: float) -> AbstractSet[str]:
    """Those of the pictures that belong to an unfinished job or one finished after `before`."""
    needed, after = set[str](), 0
    while page := await _page(database, before, after):
        named = {sha for row in page if row["needed"] for sha in (row["picture"], row["last_picture"])}
        needed |= pictures & named
        after = page[-1]["seq"]
    return needed


async def _page(database: Database, before: float, after: int) -> Sequence[Row]:
    values = {"before": before, "above": after, "limit": ROWS_PER_BATCH}
    return await database.fetch(NEEDED_PICTURES, values)


async def remove_clips(database: Database, files: Blobs, before: float) -> None:
    """Remove clips written before that Unix time, unless their job is unfinished. Raises FilesLeft.

    The folder is listed once, the rows are read and written in batches.
    """
    left = list[FilesLeft]()
    for names in _batches(sorted(await files.clips_before(before))):
        kept = await _unfinished(database, {_job_of(name) for name in names})
        old, held = [name for name in names if _job_of(name) not in kept], frozenset[str]()
        try:
            await files.remove_clips(old, before)
        except FilesLeft as err:
            left.append(err)
            held = err.names
        gone = [name for name in old if name not in held]
        await database.fetch(FORGET_CLIPS, {"jobs": list(map(_job_of, gone)), "clips": gone})
    if left:
        raise FilesLeft(f"{sum(len(each.names) for each in left)} clips: {left[0]}")


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + ROWS_PER_BATCH] for at in range(0, len(names), ROWS_PER_BATCH))


async def _unfinished(database: Database, jobs: AbstractSet[str]) -> AbstractSet[str]:
    """The ids among these of jobs that have not ended."""
    return {row["id"] for row in await database.fetch(UNFINISHED_AMONG, {"jobs": sorted(jobs)})}


def _job_of(clip: str) -> str:
    """The id of the job that a file in the folder of clips belongs to."""
    return clip.partition(".")[0]
