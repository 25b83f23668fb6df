"""Two queues on PostgreSQL, each in a database of its own that SQL fills: our store, and procrastinate.

A database holds so many finished jobs, and half as many that wait (at most MAX_WAITING).
"""

import contextlib
import importlib
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from yarl import URL

from storage import DatabaseLocation, Lease, Params, Request, State, Store, open_store

PEOPLE = 5000
GUILDS = 50
MAX_WAITING = 100_000
PARAMS = Params(
    workflow="wan",
    preset="fast",
    prompt="The boat rocks gently on the waves while the evening sun glitters on the water",
    negative_prompt="blurry, static, low quality",
    seed=123456789,
    steps=20,
    cfg=6.0,
    shift=5.0,
    denoise=1.0,
    width=832,
    height=480,
    frames=81,
    fps=16,
)
PICTURE = "c0ffee" * 10 + "cafe"

# Times are minutes ago, so that nothing is due for removal.
ROWS = f"""
INSERT INTO job (
    id, key, user_id, guild_id, channel_id, locale, workflow, volume, steps, params, picture, root, weight,
    floor, tag, cost, spread, state, moved_at, mover, status_message, result_message, created_at, finished_at,
    charged, told
)
SELECT
    id, 'filled ' || n, n % {PEOPLE}, n % {GUILDS}, 8, 'en-US', 'wan', 832 * 480 * 81,
    20, $2, $3, id, 1, 0, n / {PEOPLE} * 60.0, 60, 5,
    CASE WHEN n <= $4 THEN 'done' ELSE 'queued' END, begun + n * 1e-4, 'filled', n,
    CASE WHEN n <= $4 THEN n END, begun + n * 1e-4, CASE WHEN n <= $4 THEN begun + n * 1e-4 + 60 END,
    CASE WHEN n <= $4 THEN 60 END, CASE WHEN n <= $4 THEN 1 ELSE 0 END
FROM (SELECT n, gen_random_uuid()::text AS id FROM generate_series(1, $1) AS n) AS number,
    (SELECT extract(epoch FROM now())::float8 - 3600 AS begun) AS start
"""  # noqa: S608 - constants
BOOKS = (
    "UPDATE clock SET tag = (SELECT min(tag) FROM job WHERE state = 'queued')",
    "INSERT INTO pace VALUES ('wan', 832 * 480 * 81, 20, 50, 60, 5)",
    "INSERT INTO event SELECT seq, 1, created_at, 'done', 0, 'filled' FROM job WHERE state = 'done'",
    """INSERT INTO person
    SELECT user_id, max(tag) + 60, count(*) FILTER (WHERE state = 'queued'), 0, 0, 0, 'en-US'
    FROM job GROUP BY user_id""",
    """INSERT INTO guild
    SELECT guild_id, count(*) FILTER (WHERE state = 'queued'), 0, 0, 0 FROM job GROUP BY guild_id""",
)
PROCRASTINATE_ROWS = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)
SELECT 'queue', 'clip', jsonb_build_object('params', $2::text),
    (CASE WHEN n <= $3 THEN 'succeeded' ELSE 'todo' END)::procrastinate_job_status, 0
FROM generate_series(1, $1) AS n
"""


def request(number: int) -> Request:
    """The request of one of PEOPLE, with a key of its own."""
    return Request(
        key=f"interaction {number} {time.time_ns()}",
        user_id=number * 7919 % PEOPLE,
        guild_id=number % GUILDS,
        channel_id=8,
        locale="en-US",
        params=PARAMS,
        picture=PICTURE,
    )


class Queue(ABC):
    """One of the two, on a filled database. `claim` returns what `finish` gets, None where nothing waits."""

    tells_places = False

    @abstractmethod
    async def admit(self, caller: int) -> str:
        """Add one job; returns its id."""

    @abstractmethod
    async def announce(self, caller: int, job: str) -> None:
        """Note that people see the job, where it is not begun before."""

    @abstractmethod
    async def claim(self, caller: int) -> Any:
        """Take the next job for work."""

    @abstractmethod
    async def finish(self, caller: int, claimed: Any) -> None:
        """Record that the job is done."""

    async def place(self, caller: int) -> object:
        """How many wait before a job; only where `tells_places`."""
        return None


class Ours(Queue):
    """The store, as the bot uses it."""

    tells_places = True

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = stores
        self._numbers = count()
        self._last = ""

    async def admit(self, caller: int) -> str:
        self._last = (await self._stores[caller].admit(request(next(self._numbers)), limit=10**9)).job.id
        return self._last

    async def announce(self, caller: int, job: str) -> None:
        await self._stores[caller].set_status_message(job, next(self._numbers))

    async def claim(self, caller: int) -> Lease | None:
        return await self._stores[caller].claim(f"server {caller}", {"wan"})

    async def finish(self, caller: int, claimed: Lease) -> None:
        await self._stores[caller].move(
            claimed, State.DONE, seconds=60.0, result_message=10**9 + claimed.job.seq
        )

    async def place(self, caller: int) -> object:
        return await self._stores[caller].ahead(self._last)


class Procrastinate(Queue):
    """Its job manager: no order by person, no place in line."""

    def __init__(self, managers: Sequence[Any], worker: int) -> None:
        self._managers, self._worker = managers, worker
        self._jobs: Any = importlib.import_module("procrastinate.jobs")

    async def admit(self, caller: int) -> str:
        job = self._jobs.Job(
            id=None,
            queue="queue",
            lock=None,
            queueing_lock=None,
            task_name="clip",
            task_kwargs={"params": PARAMS.to_json()},
        )
        return str((await self._managers[caller].defer_job_async(job)).id)

    async def announce(self, caller: int, job: str) -> None:
        """Nothing: its jobs are begun at once."""

    async def claim(self, caller: int) -> Any:
        return await self._managers[caller].fetch_job(None, self._worker)

    async def finish(self, caller: int, claimed: Any) -> None:
        await self._managers[caller].finish_job(claimed, self._jobs.Status.SUCCEEDED, False)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Any]:
    """A connection for what is not measured."""
    asyncpg: Any = importlib.import_module("asyncpg")  # has no types
    connection = await asyncpg.connect(url, command_timeout=1800)
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def own_database(url: str, name: str) -> AsyncGenerator[str]:
    """The address of a new database beside that of `url`, dropped at the end."""
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    async with connected(url) as connection:
        await connection.execute(drop)
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            yield str(URL(url).with_path(f"/{name}"))
        finally:
            await connection.execute(drop)


def sizes_of(rows: int) -> tuple[int, int]:
    """How many jobs are finished, and how many there are in all."""
    return rows, rows + min(rows // 2, MAX_WAITING)


@contextlib.asynccontextmanager
async def open_ours(url: str, rows: int, callers: int) -> AsyncGenerator[Queue]:
    """The store on a database that is filled first."""
    with tempfile.TemporaryDirectory() as folder:
        location = DatabaseLocation(folder=Path(folder), url=url)
        async with open_store(location):
            pass
        await fill_ours(url, rows)
        async with contextlib.AsyncExitStack() as stack:
            yield Ours([await stack.enter_async_context(open_store(location)) for _ in range(callers)])


async def fill_ours(url: str, rows: int) -> None:
    """Bring an empty database to so many rows, its books as its triggers would have kept them."""
    finished, total = sizes_of(rows)
    async with connected(url) as connection:
        async with connection.transaction():
            await connection.execute("ALTER TABLE job DISABLE TRIGGER USER")
            await connection.execute(ROWS, total, PARAMS.to_json(), PICTURE, finished)
            for statement in BOOKS:
                await connection.execute(statement)
            await connection.execute("ALTER TABLE job ENABLE TRIGGER USER")
        await settle(connection)


@contextlib.asynccontextmanager
async def open_procrastinate(url: str, rows: int, callers: int) -> AsyncGenerator[Queue]:
    """Procrastinate on a database that is filled first."""
    package: Any = importlib.import_module("procrastinate")
    async with contextlib.AsyncExitStack() as stack:
        apps = [package.App(connector=package.PsycopgConnector(conninfo=url)) for _ in range(callers)]
        for app in apps:
            await stack.enter_async_context(app.open_async())
        await apps[0].schema_manager.apply_schema_async()
        finished, total = sizes_of(rows)
        async with connected(url) as connection:
            await connection.execute("ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER")
            await connection.execute(PROCRASTINATE_ROWS, total, PARAMS.to_json(), finished)
            await connection.execute("ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER")
            await settle(connection)
        yield Procrastinate([app.job_manager for app in apps], await apps[0].job_manager.register_worker())


async def settle(connection: Any) -> None:
    """Let the server finish with what filled the tables, so that it is not measured."""
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
