"""Counts what this process does to jobs; and what is in the queue now."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storage.database import Database
from storage.job import FINISHED, Job, State

_UNFINISHED = """
SELECT 'queued' AS state, count(*) AS jobs, min(created_at) AS oldest FROM job WHERE state = 'queued'
UNION ALL SELECT state, count(*), min(created_at) FROM job WHERE lease_until IS NOT NULL GROUP BY state"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """`unfinished`: jobs by state. `oldest_queued`: when the oldest one that waits was admitted.

    `ends`: jobs that this store ended, by state and reason code ('' for none). `put_off`: how often it put a
    delivery off; `refused`: how many were refused for good.
    """

    unfinished: Mapping[State, int]
    oldest_queued: float | None
    ends: Mapping[tuple[State, str], int]
    put_off: int
    refused: int


class EndCounter:
    """Counts the jobs that operations return, where these ended them."""

    def __init__(self) -> None:
        self.ends = Counter[tuple[State, str]]()
        self.put_off = 0
        self.refused = 0

    def count(self, jobs: Iterable[Job], *, was: State | None = None) -> None:
        """Count those that have ended; `was`: the state that they were in before."""
        for job in jobs:
            if job.state in FINISHED:
                self.ends[job.state, job.reason.code if job.reason else ""] += 1
                self.refused += (was, job.state) == (State.DELIVERING, State.FAILED)


async def read_counts(database: Database, counter: EndCounter) -> JobCounts:
    """Read all counts: one statement, which reads indexes only. Raises StoreUnavailable."""
    unfinished = await database.fetch(_UNFINISHED, {})
    by_state = {State(row["state"]): row["jobs"] for row in unfinished}
    oldest = next(row["oldest"] for row in unfinished if row["state"] == State.QUEUED)
    return JobCounts(
        unfinished=by_state,
        oldest_queued=oldest,
        ends=dict(counter.ends),
        put_off=counter.put_off,
        refused=counter.refused,
    )
