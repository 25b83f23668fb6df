"""Counts what happens to jobs in this process, whatever statement does it; and what is in the queue now.

The counts are in a temporary table, written by temporary triggers: no page of the file is written for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.job import FINISHED, State
from storage.sqlite.database import Database

_TABLE = """CREATE TEMP TABLE IF NOT EXISTS counted (
    event TEXT NOT NULL, reason TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (event, reason)
) STRICT, WITHOUT ROWID"""
_ENDS = """
CREATE TEMP TRIGGER IF NOT EXISTS job_end_counted AFTER UPDATE OF state ON main.job
WHEN old.finished_at IS NULL AND new.finished_at IS NOT NULL BEGIN
    INSERT INTO counted VALUES (new.state, coalesce(json_extract(new.reason, '$.code'), ''), 1)
    ON CONFLICT (event, reason) DO UPDATE SET number = number + 1;
    INSERT INTO counted SELECT 'delivery', 'refused', 1
    WHERE (old.state, new.state) = ('delivering', 'failed')
    ON CONFLICT (event, reason) DO UPDATE SET number = number + 1;
END"""
_POSTPONED = """
CREATE TEMP TRIGGER IF NOT EXISTS delivery_put_off_counted AFTER UPDATE OF tries ON main.job
WHEN new.tries > old.tries BEGIN
    INSERT INTO counted VALUES ('delivery', 'put_off', 1)
    ON CONFLICT (event, reason) DO UPDATE SET number = number + 1;
END"""
_UNFINISHED = """
SELECT 'queued' AS state, count(*) AS jobs, min(created_at) AS oldest FROM job WHERE state = 'queued'
UNION ALL SELECT state, count(*), min(created_at) FROM job WHERE lease_until IS NOT NULL GROUP BY state"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """`unfinished`: jobs by state. `oldest_queued`: when the oldest one that waits was admitted.

    `ends`: jobs that ended since the counting began, by state and reason code ('' for none). `put_off`: how
    often a delivery was put off since then; `refused`: how many were refused for good.
    """

    unfinished: Mapping[State, int]
    oldest_queued: float | None
    ends: Mapping[tuple[State, str], int]
    put_off: int
    refused: int


async def begin_counting(database: Database) -> None:
    """Count what happens from now on, on this connection. Raises StoreUnavailable."""
    for statement in (_TABLE, _ENDS, _POSTPONED):
        await database.fetch(statement, {})


async def read_counts(database: Database) -> JobCounts:
    """Read all counts: two statements, which read indexes only. Raises StoreUnavailable."""
    unfinished = await database.fetch(_UNFINISHED, {})
    counted = await database.fetch("SELECT event, reason, number FROM counted", {})
    numbers = {(row["event"], row["reason"]): row["number"] for row in counted}
    return JobCounts(
        unfinished={State(row["state"]): row["jobs"] for row in unfinished},
        oldest_queued=unfinished[0]["oldest"],
        ends={(State(key[0]), key[1]): number for key, number in numbers.items() if key[0] in FINISHED},
        put_off=numbers.get(("delivery", "put_off"), 0),
        refused=numbers.get(("delivery", "refused"), 0),
    )
