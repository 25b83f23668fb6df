"""Read jobs: by id, message and person, the queue, positions in it, forecasts. Nothing here writes."""

import re
import time
from collections.abc import Callable, Iterable, Sequence

from storage.counters import EndCounter, JobCounts, read_counts
from storage.database import Database, QueueOperation, SqlValue
from storage.errors import StoreError
from storage.job import Job, Load, State, Transition, Waiting
from storage.lease_term import ADOPTION_GRACE
from storage.planning.forecast import Forecast, Workload, build_forecast
from storage.sql.statements import AHEAD

MAX_SEQ = 2**63 - 1
MAX_COUNTED_AHEAD = 500  # counting stops here, so that it costs the same in a queue of any length

IN_SERVICE_FIRST = """CASE WHEN state = 'queued' THEN 1 ELSE 0 END,
    CASE WHEN state = 'queued' THEN tag ELSE 0 END, seq"""

ADOPTED = "event.state = 'delivering' AND event.mover = 'delivery'"
NEWEST_JOBS = 1000  # among which ended ones without a result are looked for

IN_WORK = """guild_id = :guild AND finished_at IS NULL
    AND channel_id IN LIST(:channels)"""


class JobQueries:
    """Queries on the jobs of one bot. Times are Unix seconds.

    `now`: a clock in place of the database's own, for everybody who uses that database.
    """

    def __init__(self, database: Database, now: Callable[[], float] | None = None) -> None:
        self.database = database
        self.now = now or time.time
        self.ends = EndCounter()
        if now:
            database.clock = now

    async def job(self, job_id: str) -> Job:
        """The job with that id. Raises StoreError for an unknown id."""
        job = await self._one("id = :id", id=job_id)
        if job is None:
            raise StoreError(f"no job {job_id}")
        return job

    async def by_short(self, text: str) -> Job | None:
        """The newest job whose id begins with four or more hexadecimal digits, `#` before them or not."""
        start = text.strip().lstrip("#").lower()
        if not re.fullmatch(r"[0-9a-f]{4}[0-9a-f-]{0,32}", start):
            return None
        return await self._one("id BETWEEN :start AND :start || 'g' ORDER BY seq DESC LIMIT 1", start=start)

    async def by_result(self, message: int) -> Job | None:
        """The job whose result is this message."""
        return await self._one("result_message = :message", message=message)

    async def by_status(self, message: int) -> Job | None:
        """The job whose status message this is."""
        return await self._one("status_message = :message", message=message)

    async def history(self, user_id: int, *, before: int | None = None, limit: int = 10) -> Sequence[Job]:
        """A page of the person's jobs, newest first; the next page is `before` the seq of its last one."""
        return await self._many(
            "user_id = :user AND seq < :below ORDER BY seq DESC LIMIT :limit",
            user=user_id,
            below=MAX_SEQ if before is None else before,
            limit=limit,
        )

    async def history_after(self, user_id: int, *, after: int, limit: int = 10) -> Sequence[Job]:
        """The page of the person's jobs just above the seq `after`, newest first."""
        page = await self._many(
            "user_id = :user AND seq > :above ORDER BY seq LIMIT :limit",
            user=user_id,
            above=after,
            limit=limit,
        )
        return page[::-1]

    async def find(self, job_id: str) -> Job | None:
        """The job with that id, or None."""
        return await self._one("id = :id", id=job_id)

    async def channels_in_work(self, guild_id: int) -> Sequence[int]:
        """The ids of the guild's channels that have unfinished jobs."""
        rows = await self.database.fetch(
            "SELECT DISTINCT channel_id FROM job WHERE guild_id = :guild AND finished_at IS NULL",
            {"guild": guild_id},
        )
        return [row["channel_id"] for row in rows]

    async def unfinished_in(self, guild_id: int, channels: Iterable[int]) -> Sequence[Job]:
        """The unfinished jobs of these channels of a guild in order of admission."""
        return await self._many(f"{IN_WORK} ORDER BY seq", guild=guild_id, channels=list(channels))

    async def guilds_of_unfinished(self) -> Sequence[int]:
        """The ids of the guilds that have unfinished jobs."""
        rows = await self.database.fetch("SELECT DISTINCT guild_id FROM job WHERE finished_at IS NULL", {})
        return [row["guild_id"] for row in rows]

    async def unfinished_of(self, user_id: int) -> Sequence[Job]:
        """The person's unfinished jobs in all guilds, in order of admission."""
        # `guild_id >= 0` and `+` make SQLite use the index of unfinished jobs, not that of all of a person.
        mine = "finished_at IS NULL AND guild_id >= 0 AND +user_id = :user"
        return await self._many(f"{mine} ORDER BY +seq", user=user_id)

    async def guild_queue(self, guild_id: int, channels: Iterable[int], limit: int = 10) -> Sequence[Job]:
        """The first unfinished jobs of these channels of a guild: on a server, then in queue order."""
        return await self._many(
            f"""{IN_WORK}
            ORDER BY {IN_SERVICE_FIRST} LIMIT :limit""",
            guild=guild_id,
            channels=list(channels),
            limit=limit,
        )

    async def unfinished_count(self, guild_id: int, channels: Iterable[int]) -> int:
        """The number of unfinished jobs of these channels of a guild."""
        return await self._count(f"FROM job WHERE {IN_WORK}", guild=guild_id, channels=list(channels))

    async def load(self) -> Load:
        """The numbers of queued and running jobs of all guilds."""
        row = await self.database.fetch_one(
            """SELECT CAST(coalesce(sum(queued), 0) AS bigint) AS queued,
                CAST(coalesce(sum(running), 0) AS bigint) AS running
            FROM guild""",
            {},
        )
        return Load(**dict(row)) if row else Load(queued=0, running=0)

    async def counts(self) -> JobCounts:
        """The numbers of jobs by state, and of those that ended since the store was opened."""
        return await read_counts(self.database, self.ends)

    async def rerolls_of(self, job_id: str, limit: int = 10) -> Sequence[Job]:
        """The newest rerolls of this job, newest first."""
        return await self._many("parent = :parent ORDER BY seq DESC LIMIT :limit", parent=job_id, limit=limit)

    async def has_unfinished_reroll(self, message: int) -> bool:
        """Whether a reroll requested on that message is unfinished."""
        found = "FROM job WHERE key BETWEEN :start AND :start || '~' AND finished_at IS NULL"
        return bool(await self._count(found, start=f"reroll {message} "))

    async def finished_rerolls(self, parent: str, user_id: int) -> int:
        """The number of the person's finished rerolls of this job."""
        return await self._count(
            "FROM job WHERE parent = :parent AND user_id = :user AND finished_at IS NOT NULL",
            parent=parent,
            user=user_id,
        )

    async def transitions(self, job_id: str) -> Sequence[Transition]:
        """All transitions of the job, from its admission on. Raises StoreError for an unknown id."""
        job = await self.job(job_id)
        rows = await self.database.fetch(
            "SELECT * FROM move WHERE job = :seq ORDER BY number", {"seq": job.seq}
        )
        return [
            Transition(at=row["at"], state=State(row["state"]), epoch=row["epoch"], mover=row["mover"])
            for row in rows
        ]

    async def waiting(self, limit: int = 100) -> Sequence[Waiting]:
        """The first queued jobs of all guilds in queue order."""
        queue = await self._many("state = 'queued' ORDER BY tag, seq LIMIT :limit", limit=limit)
        return [Waiting(job=job, ahead=ahead) for ahead, job in enumerate(queue)]

    async def left_open(self, limit: int = 100) -> Sequence[Job]:
        """The first queued jobs with parameters that are settled by the server which claims them."""
        return await self._many(
            """state = 'queued' AND json_array_length(params, '$.left_open') > 0
            ORDER BY tag, seq LIMIT :limit""",
            limit=limit,
        )

    async def ahead(self, job_id: str) -> int:
        """The number of queued jobs served before this one, at most MAX_COUNTED_AHEAD."""
        row = await self.database.fetch_one(AHEAD, {"id": job_id, "cap": MAX_COUNTED_AHEAD})
        return int(row[0]) if row else 0

    async def forecast(self, job_id: str, *, servers: int) -> Forecast | None:
        """When the job starts and ends; None behind MAX_COUNTED_AHEAD jobs, or once its GPU work is over."""
        now = self.now()
        rows = await self.database.run(
            QueueOperation.AHEAD_IN_SECONDS, {"id": job_id, "cap": MAX_COUNTED_AHEAD}
        )
        parts = {row["part"]: Workload(seconds=row["seconds"], variance=row["variance"]) for row in rows}
        if any(row["jobs"] == MAX_COUNTED_AHEAD for row in rows):
            return None
        job = await self.job(job_id)
        return build_forecast(job.state, parts, servers=servers, now=now)

    async def spent_today(self, user_id: int) -> float:
        """GPU seconds charged to the person on this UTC day; unfinished jobs count as expected."""
        row = await self.database.fetch_one(
            "SELECT spent FROM person WHERE id = :user AND day = :day", {"user": user_id}
        )
        return float(row[0]) if row else 0.0

    async def instance(self) -> str:
        """The random id of this database: 32 hexadecimal digits, made once."""
        row = await self.database.fetch_one("SELECT value FROM about WHERE name = 'instance'", {})
        return str(row[0]) if row else ""

    async def without_status(self, *, after: float = 0.0) -> Sequence[Job]:
        """Unfinished jobs whose status message is not recorded `after` so many seconds."""
        return await self._many(
            "status_message IS NULL AND finished_at IS NULL AND created_at <= :now - :after ORDER BY seq",
            after=after,
        )

    async def unannounced_ends(self, *, after: float = 0.0) -> Sequence[Job]:
        """Finished jobs whose end is not announced `after` so many seconds."""
        return await self._many("finished_at <= :now - :after AND told = 0 ORDER BY seq", after=after)

    async def unshown_ends(self, guild_id: int, *, since: float) -> Sequence[Job]:
        """Jobs of a guild that ended after `since` (Unix time), and whose final status could not be shown."""
        return await self._many(
            "end_unshown = 1 AND guild_id = :guild AND finished_at > :since ORDER BY seq",
            guild=guild_id,
            since=since,
        )

    async def next_delivery(self) -> float | None:
        """The Unix time of the next delivery to adopt, or None."""
        row = await self.database.fetch_one("SELECT min(lease_until) FROM job WHERE state = 'delivering'", {})
        return None if row is None or row[0] is None else row[0] + ADOPTION_GRACE

    async def adopted_deliveries(self, *, settle: float, window: float, message: int) -> Sequence[Job]:
        """Jobs that ended `settle` to `window` seconds ago, after somebody else took up their delivery.

        Done are those whose result is newer than `message`; of others the newest are looked at.
        """
        return await self._many(
            f"""finished_at BETWEEN :now - :window AND :now - :settle
            AND seq IN (
                SELECT seq FROM job WHERE result_message > :message
                UNION ALL SELECT seq FROM job
                WHERE seq > (SELECT max(seq) - {NEWEST_JOBS} FROM job) AND result_message IS NULL
            )
            AND EXISTS (SELECT 1 FROM event WHERE event.job = job.seq AND {ADOPTED})
            ORDER BY seq""",  # noqa: S608 - constant SQL, no user input
            settle=settle,
            window=window,
            message=message,
        )

    async def was_adopted(self, job: Job) -> bool:
        """Whether somebody else took up the job's delivery, or may have."""
        return bool(await self._count(f"FROM event WHERE event.job = :seq AND {ADOPTED}", seq=job.seq))

    async def results(self, limit: int) -> Sequence[Job]:
        """The newest jobs that are done, newest first."""
        return await self._many("state = 'done' ORDER BY seq DESC LIMIT :limit", limit=limit)

    async def has_rerolled(self, parent: str, user_id: int) -> bool:
        """Whether the person ever requested a reroll of this job."""
        found = "FROM job WHERE parent = :parent AND user_id = :user"
        return bool(await self._count(found, parent=parent, user=user_id))

    async def last_moved(self) -> float:
        """The Unix time of the last transition among the newest jobs; 0 where there are none."""
        row = await self.database.fetch_one(
            """SELECT coalesce(max(moved_at), 0)
            FROM (SELECT moved_at FROM job ORDER BY seq DESC LIMIT 100) AS newest""",
            {},
        )
        return float(row[0]) if row else 0.0

    async def _count(self, source: str, **values: SqlValue) -> int:
        row = await self.database.fetch_one(f"SELECT count(*) {source}", values)
        return int(row[0]) if row else 0

    async def _one(self, condition: str, **values: SqlValue) -> Job | None:
        found = await self._many(condition, **values)
        return found[0] if found else None

    async def _many(self, condition: str, **values: SqlValue) -> Sequence[Job]:
        rows = await self.database.fetch(f"SELECT * FROM job WHERE {condition}", values)  # noqa: S608 - constant SQL, no user input
        return [Job.from_row(row) for row in rows]

    async def _run(self, operation: QueueOperation, **values: SqlValue) -> Sequence[Job]:
        """Run an operation and count what it ended."""
        jobs = [Job.from_row(row) for row in await self.database.run(operation, values)]
        self.ends.count(jobs)
        return jobs
