"""The rows of blobs: which are kept since when, and which are being removed.

Saving writes the row first, then the blob. Removal marks the row, removes the blob, then deletes the row. Who
saves waits while the mark holds; who removes marks only what nobody has saved since. So a blob that was saved
is there, whatever process does which at the same time.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence

from storage.blobs.blob_store import Kind
from storage.blobs.errors import BlobsUnavailable, FilesLeft
from storage.database import Database

MARK_SECONDS = 120.0  # after which a mark is void: whoever set it was killed
USABLE_SECONDS = MARK_SECONDS / 2  # of a mark: no removal begins later, none takes as long as the other half
WAIT_SECONDS = 20.0  # for a removal to end
POLL_SECONDS = 0.05
NAMES_PER_PAGE = 5000

SAVE = """
INSERT INTO blob (kind, name, saved_at) VALUES (:kind, :name, :now)
ON CONFLICT (kind, name) DO UPDATE SET saved_at = excluded.saved_at, remover = NULL, removed_until = NULL
WHERE blob.removed_until IS NULL OR blob.removed_until <= :now
RETURNING name
"""
# One without a row was left by an earlier version, or by a database that an older copy has replaced.
MARK = """
INSERT INTO blob (kind, name, saved_at, remover, removed_until)
SELECT
    :kind, given.value, CASE WHEN :before < :now THEN :before ELSE :now END, :remover,
    :now + :seconds
FROM LIST(:names) AS given WHERE 1 = 1
ON CONFLICT (kind, name) DO UPDATE SET remover = excluded.remover, removed_until = excluded.removed_until
WHERE blob.saved_at <= :before AND (blob.removed_until IS NULL OR blob.removed_until <= :now)
RETURNING name
"""
REMOVED = "DELETE FROM blob WHERE kind = :kind AND remover = :remover AND name IN LIST(:names)"
LEFT = """
UPDATE blob SET remover = NULL, removed_until = NULL
WHERE kind = :kind AND remover = :remover AND name IN LIST(:names)
"""
KEPT = "SELECT 1 FROM blob WHERE kind = :kind AND name = :name AND removed_until IS NULL"
SAVED_AFTER = "SELECT 1 FROM blob WHERE kind = :kind AND name = :name AND saved_at > :before"
NAMES = """
SELECT name, saved_at FROM blob WHERE kind = :kind AND name > :after_name ORDER BY name LIMIT :limit
"""
NAMES_OF = "SELECT name FROM blob WHERE kind = :kind AND name >= :prefix AND name < :prefix || '~'"
COUNT_PICTURES = """
SELECT count(*) AS number FROM blob WHERE kind = 'picture' AND name IN (
    SELECT picture FROM job WHERE user_id = :user
    UNION SELECT last_picture FROM job WHERE user_id = :user AND last_picture IS NOT NULL
)
"""
COUNT_CLIPS = """
SELECT count(*) AS number FROM blob
WHERE kind = 'clip' AND name IN (SELECT clip FROM job WHERE user_id = :user AND clip IS NOT NULL)
"""


class BlobRows:
    """The table `blob`. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, kind: Kind, name: str) -> None:
        """Write that it is kept from now on, before it is written. Waits while another removes it.

        Raises BlobsUnavailable where that takes too long.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not await self._database.fetch_one(SAVE, {"kind": kind, "name": name}):
            if time.monotonic() >= deadline:
                raise BlobsUnavailable(f"the {kind} {name} is being removed")
            await asyncio.sleep(POLL_SECONDS)

    @contextlib.asynccontextmanager
    async def removing(
        self, kind: Kind, names: Collection[str], before: float
    ) -> AsyncGenerator[Sequence[str]]:
        """Mark those of them that nobody saved after that Unix time; the block removes these.

        At its end their rows are deleted; where it raises FilesLeft, of those only that are gone. Any other
        end leaves the marks until they are void: the removal may still be under way.
        """
        values = {"kind": kind, "remover": os.urandom(8).hex()}
        began, marked = time.monotonic(), await self._mark(values, names, before)
        if time.monotonic() > began + USABLE_SECONDS:
            raise BlobsUnavailable("the database is too slow for a removal")
        try:
            yield marked
        except FilesLeft as err:
            await self._settle(values, marked, err.names)
            raise
        await self._settle(values, marked, ())

    async def _mark(self, values: Mapping[str, str], names: Collection[str], before: float) -> Sequence[str]:
        rows = await self._database.fetch(
            MARK, {**values, "names": sorted(names), "before": before, "seconds": MARK_SECONDS}
        )
        return [row["name"] for row in rows]

    async def _settle(self, values: Mapping[str, str], marked: Sequence[str], left: Collection[str]) -> None:
        for statement, names in (
            (REMOVED, [name for name in marked if name not in left]),
            (LEFT, [name for name in marked if name in left]),
        ):
            if names:
                await self._database.fetch(statement, {**values, "names": names})

    async def all(self, kind: Kind) -> AsyncIterator[Mapping[str, float]]:
        """Each with the Unix time at which it was saved last, in pages."""
        after = ""
        while rows := await self._database.fetch(
            NAMES, {"kind": kind, "after_name": after, "limit": NAMES_PER_PAGE}
        ):
            yield {row["name"]: row["saved_at"] for row in rows}
            after = rows[-1]["name"]

    async def beginning_with(self, kind: Kind, prefix: str) -> set[str]:
        """The names that begin so."""
        rows = await self._database.fetch(NAMES_OF, {"kind": kind, "prefix": prefix})
        return {row["name"] for row in rows}

    async def is_kept(self, kind: Kind, name: str) -> bool:
        """Whether it is kept and nobody removes it."""
        return await self._database.fetch_one(KEPT, {"kind": kind, "name": name}) is not None

    async def is_saved_after(self, kind: Kind, name: str, before: float) -> bool:
        """Whether it is kept and was saved after that Unix time."""
        values = {"kind": kind, "name": name, "before": before}
        return await self._database.fetch_one(SAVED_AFTER, values) is not None

    async def count_of(self, user_id: int) -> tuple[int, int]:
        """How many pictures and how many clips of the person's jobs are kept."""
        pictures = await self._database.fetch_one(COUNT_PICTURES, {"user": user_id})
        clips = await self._database.fetch_one(COUNT_CLIPS, {"user": user_id})
        return (pictures["number"] if pictures else 0), (clips["number"] if clips else 0)
