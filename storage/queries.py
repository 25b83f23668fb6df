"""What the store is asked: jobs by id, message and person, the line, places, times. Nothing here writes."""

import re
import time
from collections.abc import Callable, Sequence

from storage.errors import StoreError
from storage.forecast import Forecast, Workload, build_forecast
from storage.job import Job, Load, State, Transition, Waiting
from storage.sqlite.database import Database, SqlValue

PLACE_CAP = 500  # places further behind are told as this one: so counting costs the same in any line

AHEAD = """
SELECT count(*) FROM (
    SELECT 1 FROM job AS other, (SELECT tag, seq FROM job WHERE id = :id) AS mine
    WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
    LIMIT :cap
)
"""

# Estimates are read again here: since the job was admitted, others of its kind may have shown what they take.
AHEAD_IN_SECONDS = """
WITH mine AS (SELECT tag, seq FROM job WHERE id = :id),
known AS (
    SELECT 'own' AS part, seq FROM mine
    UNION ALL
    SELECT * FROM (
        SELECT 'line', other.seq FROM mine CROSS JOIN job AS other INDEXED BY job_line
        WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
        LIMIT :cap
    )
    UNION ALL
    SELECT 'busy', seq FROM job
    WHERE lease_until IS NOT NULL AND state IN ('claimed', 'submitting', 'running') AND id <> :id
)
SELECT
    part, count(*) AS jobs,
    sum(max(coalesce(pace.mean, job.cost) - iif(job.state = 'running', :now - job.moved_at, 0), 0))
        AS seconds,
    sum(coalesce(pace.spread, job.spread) * coalesce(pace.spread, job.spread)) AS variance
FROM known JOIN job USING (seq) LEFT JOIN pace USING (workflow, volume, steps)
GROUP BY part
"""


class JobQueries:
    """The jobs of one bot, to read. Times are Unix seconds, read from `now`."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self.database = database
        self.now = now

    async def job(self, job_id: str) -> Job:
        """The job as it stands now. Raises StoreError for an unknown id."""
        job = await self._one("id = :id", id=job_id)
        if job is None:
            raise StoreError(f"no job {job_id}")
        return job

    async def by_short(self, text: str) -> Job | None:
        """The newest job whose id begins with what somebody typed: four hexadecimal digits or more."""
        start = text.strip().lstrip("#").lower()
        if not re.fullmatch(r"[0-9a-f]{4}[0-9a-f-]{0,32}", start):
            return None
        return await self._one("id BETWEEN :start AND :start || 'g' ORDER BY seq DESC LIMIT 1", start=start)

    async def by_result(self, message: int) -> Job | None:
        """The job whose clip this message carries."""
        return await self._one("result_message = :message", message=message)

    async def by_status(self, message: int) -> Job | None:
        """The job that this message tells of."""
        return await self._one("status_message = :message", message=message)

    async def history(self, user_id: int, *, before: int | None = None, limit: int = 10) -> Sequence[Job]:
        """A page of the person's jobs, newest first; the next page is `before` the seq of this one's last."""
        return await self._many(
            "user_id = :user AND seq < coalesce(:before, 9e18) ORDER BY seq DESC LIMIT :limit",
            user=user_id,
            before=before,
            limit=limit,
        )

    async def history_after(self, user_id: int, *, after: int, limit: int = 10) -> Sequence[Job]:
        """The page of the person's jobs that ends above the seq `after`, newest first."""
        page = await self._many(
            "user_id = :user AND seq > :after ORDER BY seq LIMIT :limit",
            user=user_id,
            after=after,
            limit=limit,
        )
        return page[::-1]

    async def find(self, job_id: str) -> Job | None:
        """The job with that whole id, if it is still kept."""
        return await self._one("id = :id", id=job_id)

    async def unfinished_in(self, guild_id: int) -> Sequence[Job]:
        """The guild's jobs that are not over, in order of admission."""
        return await self._many("guild_id = :guild AND finished_at IS NULL ORDER BY seq", guild=guild_id)

    async def unfinished_of(self, user_id: int) -> Sequence[Job]:
        """The person's jobs that are not over, wherever they asked, in order of admission."""
        # Two signs keep SQLite to the index of jobs in work: a person's own are those of a year.
        mine = "finished_at IS NULL AND guild_id >= 0 AND +user_id = :user"
        return await self._many(f"{mine} ORDER BY +seq", user=user_id)

    async def guild_queue(self, guild_id: int, limit: int = 10) -> Sequence[Job]:
        """The guild's first jobs that are not over: those in work, then those that wait, in their order."""
        return await self._many(
            """guild_id = :guild AND finished_at IS NULL
            ORDER BY state = 'queued', iif(state = 'queued', tag, 0), seq LIMIT :limit""",
            guild=guild_id,
            limit=limit,
        )

    async def unfinished_count(self, guild_id: int) -> int:
        """How many of the guild's jobs are not over."""
        return await self._count("FROM job WHERE guild_id = :guild AND finished_at IS NULL", guild=guild_id)

    async def load(self) -> Load:
        """How much there is to do, over all guilds."""
        row = await self.database.fetch_one(
            "SELECT coalesce(sum(queued), 0) AS queued, coalesce(sum(running), 0) AS running FROM guild", {}
        )
        return Load(**dict(row)) if row else Load(queued=0, running=0)

    async def rerolls_of(self, job_id: str, limit: int = 10) -> Sequence[Job]:
        """The newest jobs that were made from this one, newest first."""
        return await self._many("parent = :parent ORDER BY seq DESC LIMIT :limit", parent=job_id, limit=limit)

    async def has_unfinished_reroll(self, message: int) -> bool:
        """Whether a reroll that was asked for under that message is not over."""
        found = "FROM job WHERE key BETWEEN :start AND :start || '~' AND finished_at IS NULL"
        return bool(await self._count(found, start=f"reroll {message} "))

    async def finished_rerolls(self, parent: str, user_id: int) -> int:
        """How many rerolls of this job the person has seen to their end."""
        return await self._count(
            "FROM job WHERE parent = :parent AND user_id = :user AND finished_at IS NOT NULL",
            parent=parent,
            user=user_id,
        )

    async def transitions(self, job_id: str) -> Sequence[Transition]:
        """Who moved the job when, from its admission on. Raises StoreError for an unknown id."""
        job = await self.job(job_id)
        rows = await self.database.fetch(
            "SELECT * FROM move WHERE job = :seq ORDER BY number", {"seq": job.seq}
        )
        return [
            Transition(at=row["at"], state=State(row["state"]), epoch=row["epoch"], mover=row["mover"])
            for row in rows
        ]

    async def waiting(self, limit: int = 100) -> Sequence[Waiting]:
        """The head of the line, in order."""
        line = await self._many("state = 'queued' ORDER BY tag, seq LIMIT :limit", limit=limit)
        return [Waiting(job=job, ahead=ahead) for ahead, job in enumerate(line)]

    async def ahead(self, job_id: str) -> int:
        """How many queued jobs are served before this one; PLACE_CAP stands for all higher numbers."""
        row = await self.database.fetch_one(AHEAD, {"id": job_id, "cap": PLACE_CAP})
        return int(row[0]) if row else 0

    async def forecast(self, job_id: str, *, servers: int) -> Forecast | None:
        """When the job starts and ends, with so many servers; None behind PLACE_CAP others, or when over."""
        now = self.now()
        rows = await self.database.fetch(AHEAD_IN_SECONDS, {"id": job_id, "now": now, "cap": PLACE_CAP})
        parts = {row["part"]: Workload(seconds=row["seconds"], variance=row["variance"]) for row in rows}
        if any(row["jobs"] == PLACE_CAP for row in rows):
            return None
        job = await self.job(job_id)
        return build_forecast(job.state, parts, servers=servers, now=now)

    async def spent_today(self, user_id: int) -> float:
        """GPU seconds of this UTC day that count against the person: those of waiting jobs as expected."""
        row = await self.database.fetch_one(
            "SELECT spent FROM person WHERE id = :user AND day = :day",
            {"user": user_id, "day": int(self.now() // 86400)},
        )
        return float(row[0]) if row else 0.0

    async def instance(self) -> str:
        """A word that is this database's own: 32 hexadecimal digits, the same after every restart."""
        row = await self.database.fetch_one("SELECT value FROM about WHERE name = 'instance'", {})
        return str(row[0]) if row else ""

    async def without_status(self) -> Sequence[Job]:
        """Unfinished jobs that no message tells of: their first answer was never recorded."""
        return await self._many("status_message IS NULL AND finished_at IS NULL ORDER BY seq")

    async def unannounced_ends(self) -> Sequence[Job]:
        """Jobs that are over without their last word having been said."""
        return await self._many("finished_at IS NOT NULL AND told = 0 ORDER BY seq")

    async def next_delivery(self) -> float | None:
        """When the next delivery may be taken up, in Unix seconds."""
        row = await self.database.fetch_one("SELECT min(lease_until) FROM job WHERE state = 'delivering'", {})
        return row[0] if row else None

    async def results(self, limit: int) -> Sequence[Job]:
        """The newest jobs that became a clip."""
        return await self._many("state = 'done' ORDER BY seq DESC LIMIT :limit", limit=limit)

    async def has_rerolled(self, parent: str, user_id: int) -> bool:
        """Whether the person ever asked for another one of this job."""
        found = "FROM job WHERE parent = :parent AND user_id = :user"
        return bool(await self._count(found, parent=parent, user=user_id))

    async def last_moved(self) -> float:
        """When one of the newest jobs was moved last, in Unix seconds; 0 where there are none."""
        newest = "SELECT moved_at FROM job ORDER BY seq DESC LIMIT 100"
        row = await self.database.fetch_one(f"SELECT coalesce(max(moved_at), 0) FROM ({newest})", {})  # noqa: S608 - our own words
        return float(row[0]) if row else 0.0

    async def _count(self, source: str, **values: SqlValue) -> int:
        row = await self.database.fetch_one(f"SELECT count(*) {source}", values)
        return int(row[0]) if row else 0

    async def _one(self, condition: str, **values: SqlValue) -> Job | None:
        found = await self._many(condition, **values)
        return found[0] if found else None

    async def _many(self, condition: str, **values: SqlValue) -> Sequence[Job]:
        rows = await self.database.fetch(f"SELECT * FROM job WHERE {condition}", values)  # noqa: S608 - our own words
        return [Job.from_row(row) for row in rows]
