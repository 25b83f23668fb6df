"""The queue: admit, claim, move, find. Each operation is one statement (see database.py)."""

import contextlib
import json
import sqlite3
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from storage.database import Database, SqlValue, open_database
from storage.errors import LeaseLost, StoreError, TooManyQueued
from storage.job import ACTIVE, FINISHED, Admission, Job, Lease, Reason, Request, State, Waiting

LEASE_SECONDS = 60.0
STATUS_GRACE = 30.0  # seconds for the first answer to reach Discord, so that the result can reply to it

ADMIT = """
INSERT INTO job (
    id, key, user_id, guild_id, channel_id, locale, workflow, params, picture, parent, created_at, cost, tag
)
SELECT
    :id, :key, :user_id, :guild_id, :channel_id, :locale, :workflow, :params, :picture, :parent, :now, 1,
    max(clock.tag, coalesce((SELECT finish_tag FROM person WHERE id = :user_id), 0))
FROM clock
WHERE (SELECT count(*) FROM job WHERE user_id = :user_id AND state = 'queued') < :limit
ON CONFLICT (key) DO NOTHING
RETURNING *
"""

CLAIM = """
UPDATE job
SET state = 'claimed', epoch = epoch + 1, server = :server, lease_until = :until,
    started_at = coalesce(started_at, :now)
WHERE seq = (
    SELECT seq FROM job
    WHERE state = 'queued' AND workflow IN (SELECT value FROM json_each(:workflows))
        AND (status_message IS NOT NULL OR created_at <= :now - :grace)
    ORDER BY tag, seq LIMIT 1
)
RETURNING *
"""

ADOPT = """
UPDATE job
SET epoch = epoch + 1, server = :server, lease_until = :until
WHERE seq = (
    SELECT seq FROM job
    WHERE lease_until <= :now AND state <> 'delivering'
        AND (server = :server OR server NOT IN (SELECT value FROM json_each(:servers)))
    ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""

ADOPT_DELIVERY = """
UPDATE job
SET epoch = epoch + 1, lease_until = :until
WHERE seq = (
    SELECT seq FROM job WHERE lease_until <= :now AND state = 'delivering' ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""

RENEW = """
UPDATE job SET lease_until = :until
WHERE lease_until IS NOT NULL AND (id, epoch) IN (SELECT key, value FROM json_each(:held))
"""

WAITING = """
SELECT *, row_number() OVER (ORDER BY tag, seq) - 1 AS ahead
FROM job WHERE state = 'queued' ORDER BY tag, seq LIMIT :limit
"""


AHEAD = """
SELECT count(*) FROM job AS other, (SELECT tag, seq FROM job WHERE id = :id) AS mine
WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
"""


class Changes(TypedDict, total=False):
    """What may be written together with a move."""

    attempts: int
    clip: str
    seconds: float
    result_message: int
    reason: Reason


class Store:
    """The jobs of one bot. Times are Unix seconds, read from `now`."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    async def admit(self, request: Request, *, limit: int) -> Admission:
        """Put a job in line; the same key again gives the job it became then. Raises TooManyQueued."""
        row = await self._database.fetch_one(ADMIT, self._new_row(request) | {"limit": limit})
        if row is not None:
            return Admission(job=Job.from_row(row), created=True)
        known = await self._one("key = :key", key=request.key)
        if known is None:
            raise TooManyQueued(limit)
        return Admission(job=known, created=False)

    def _new_row(self, request: Request) -> dict[str, SqlValue]:
        return {
            "id": str(uuid.uuid4()),
            "key": request.key,
            "user_id": request.user_id,
            "guild_id": request.guild_id,
            "channel_id": request.channel_id,
            "locale": request.locale,
            "workflow": request.params.workflow,
            "params": request.params.to_json(),
            "picture": request.picture,
            "parent": request.parent,
            "now": self._now(),
        }

    async def claim(self, server: str, workflows: Collection[str]) -> Lease | None:
        """Take the next job in line that the server can run; one that no message tells of waits a little."""
        row = await self._take(
            CLAIM, server=server, workflows=json.dumps(sorted(workflows)), grace=STATUS_GRACE
        )
        return Lease(job=Job.from_row(row), adopted=False) if row else None

    async def adopt(self, server: str, servers: Collection[str]) -> Lease | None:
        """Take over a job whose lease ran out: one of this server's, or of a server that exists no more."""
        row = await self._take(ADOPT, server=server, servers=json.dumps(sorted(servers)))
        return Lease(job=Job.from_row(row), adopted=True) if row else None

    async def adopt_delivery(self) -> Lease | None:
        """Take over a job that only waits to be delivered and whose lease ran out."""
        row = await self._take(ADOPT_DELIVERY)
        return Lease(job=Job.from_row(row), adopted=True) if row else None

    async def _take(self, sql: str, **values: SqlValue) -> sqlite3.Row | None:
        now = self._now()
        return await self._database.fetch_one(sql, values | {"now": now, "until": now + LEASE_SECONDS})

    async def current(self, lease: Lease) -> Lease:
        """The same lease on the row as it stands now. Raises LeaseLost."""
        job = await self._one(
            "id = :id AND epoch = :epoch AND lease_until IS NOT NULL", id=lease.job.id, epoch=lease.job.epoch
        )
        if job is None:
            raise LeaseLost(f"job {lease.job.id} has left epoch {lease.job.epoch}")
        return replace(lease, job=job)

    async def renew(self, leases: Collection[Lease]) -> None:
        """Hold these jobs for longer. A lease that was lost stays lost: the next move says so."""
        await self._database.fetch(
            RENEW,
            {
                "until": self._now() + LEASE_SECONDS,
                "held": json.dumps({lease.job.id: lease.job.epoch for lease in leases}),
            },
        )

    async def move(self, lease: Lease, state: State, **changes: Unpack[Changes]) -> Lease:
        """Bring the job to its next state, if it still stands where the lease says. Raises LeaseLost."""
        now = self._now()
        reason = changes.get("reason")
        columns: dict[str, SqlValue] = {
            **{name: value for name, value in changes.items() if isinstance(value, str | int | float)},
            **({"reason": reason.to_json()} if reason else {}),
            "state": state,
            "lease_until": now + LEASE_SECONDS if state in ACTIVE else None,
            "finished_at": now if state in FINISHED else None,
        }
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        row = await self._database.fetch_one(
            f"UPDATE job SET {assignments} WHERE id = :id AND epoch = :epoch AND state = :was RETURNING *",  # noqa: S608 - names of our own columns
            columns | {"id": lease.job.id, "epoch": lease.job.epoch, "was": lease.job.state},
        )
        if row is None:
            raise LeaseLost(f"job {lease.job.id} is no longer {lease.job.state} at epoch {lease.job.epoch}")
        return replace(lease, job=Job.from_row(row))

    async def release_all(self) -> None:
        """Let every lease run out: at start, when whoever held them is known to be dead."""
        await self._database.fetch("UPDATE job SET lease_until = 0 WHERE lease_until IS NOT NULL", {})

    async def set_status_message(self, job_id: str, message: int) -> None:
        """Remember which message tells of the job."""
        await self._database.fetch(
            "UPDATE job SET status_message = :message WHERE id = :id", {"message": message, "id": job_id}
        )

    async def job(self, job_id: str) -> Job:
        """The job as it stands now. Raises StoreError for an unknown id."""
        job = await self._one("id = :id", id=job_id)
        if job is None:
            raise StoreError(f"no job {job_id}")
        return job

    async def by_result(self, message: int) -> Job | None:
        """The job whose clip this message carries."""
        return await self._one("result_message = :message", message=message)

    async def by_status(self, message: int) -> Job | None:
        """The job that this message tells of."""
        return await self._one("status_message = :message", message=message)

    async def finished_rerolls(self, parent: str, user_id: int) -> int:
        """How many rerolls of this job the person has seen to their end."""
        row = await self._database.fetch_one(
            "SELECT count(*) FROM job WHERE parent = :parent AND user_id = :user AND finished_at IS NOT NULL",
            {"parent": parent, "user": user_id},
        )
        return int(row[0]) if row else 0

    async def waiting(self, limit: int = 100) -> Sequence[Waiting]:
        """The head of the line, in order."""
        rows = await self._database.fetch(WAITING, {"limit": limit})
        return [Waiting(job=Job.from_row(row), ahead=row["ahead"]) for row in rows]

    async def ahead(self, job_id: str) -> int:
        """How many queued jobs are served before this one."""
        row = await self._database.fetch_one(AHEAD, {"id": job_id})
        return int(row[0]) if row else 0

    async def locale_of(self, user_id: int) -> str | None:
        """The language in which this person last asked."""
        row = await self._database.fetch_one(
            "SELECT locale FROM job WHERE user_id = :user ORDER BY seq DESC LIMIT 1", {"user": user_id}
        )
        return str(row[0]) if row else None

    async def instance(self) -> str:
        """A word that is this database's own: 32 hexadecimal digits, the same after every restart."""
        row = await self._database.fetch_one("SELECT value FROM about WHERE name = 'instance'", {})
        return str(row[0]) if row else ""

    async def without_status(self) -> Sequence[Job]:
        """Unfinished jobs that no message tells of: their first answer was never recorded."""
        rows = await self._database.fetch(
            "SELECT * FROM job WHERE status_message IS NULL AND finished_at IS NULL ORDER BY seq", {}
        )
        return [Job.from_row(row) for row in rows]

    async def _one(self, condition: str, **values: SqlValue) -> Job | None:
        row = await self._database.fetch_one(f"SELECT * FROM job WHERE {condition}", values)  # noqa: S608 - our own words
        return Job.from_row(row) if row else None


@contextlib.asynccontextmanager
async def open_store(folder: Path) -> AsyncGenerator[Store]:
    """The store in this folder, for one process. Raises StoreInUse, SchemaTooNew, StoreUnavailable."""
    async with open_database(folder / "animate.db") as database:
        store = Store(database)
        await store.release_all()
        yield store
