"""A gateway, workers, their ComfyUIs and a PostgreSQL, each of which can be killed."""

import contextlib
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from playground.comfyui import ComfyUI
from playground.playground import Playground
from storage import Job, State
from tests.e2e.process import BotProcess
from tests.postgres_server import PostgresServer, own_server

HOOK = Path(__file__).parent / "hook"
STARTS = 5  # tries: a process that starts while the database is away ends, and is started anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An event of a job: to which state, when. `turn`: the job's tag; `asked`: when it was admitted."""

    job: int
    at: float
    state: State
    turn: float
    asked: float


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The processes by name. Settings common to all are in `settings`."""

    playground: Playground
    postgres: PostgresServer
    pool: asyncpg.Pool
    comfyuis: list[ComfyUI]
    gateway: BotProcess
    workers: list[BotProcess]

    @property
    def processes(self) -> list[BotProcess]:
        """The gateway and the workers."""
        return [self.gateway, *self.workers]

    async def kill_gateway(self) -> None:
        """Kill the gateway with SIGKILL and start it again."""
        await self.gateway.kill()
        await self.start_gateway()

    async def start_gateway(self) -> None:
        """Start the gateway and wait until it is online; again where the database was away."""
        for _ in range(STARTS):
            with contextlib.suppress(AssertionError):
                return await self.gateway.start()
        raise AssertionError(self.gateway.log[-3000:])

    async def kill_worker(self, number: int) -> None:
        """Kill a worker with SIGKILL and start it again."""
        worker = self.workers[number]
        await worker.end(lambda process: process.kill())
        await worker.launch()

    async def restart_comfyui(self, number: int) -> None:
        """End a ComfyUI and start it again: its queue, history and temp files are gone."""
        await self.comfyuis[number].stop()
        await self.comfyuis[number].start()

    async def kill_postgres(self) -> None:
        """Kill PostgreSQL as a power cut does, and start it again."""
        self.postgres.stop(signal.SIGKILL)
        self.postgres.start()
        await self.pool.expire_connections()

    async def terminate_backends(self) -> None:
        """End every connection to the database, as a failover or an administrator does."""
        async with self.connection() as connection:
            await connection.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
        await self.pool.expire_connections()

    async def restart_the_dead(self) -> None:
        """Start what ended by itself, as whoever runs the processes does."""
        for worker in self.workers:
            if worker.process is None or worker.process.returncode is not None:
                await worker.launch()
        if self.gateway.process is None or self.gateway.process.returncode is not None:
            await self.start_gateway()

    def connection(self) -> contextlib.AbstractAsyncContextManager[asyncpg.Connection]:
        """A connection to the database, given back at the end."""
        return self.pool.acquire()

    async def jobs(self) -> list[Job]:
        """All job rows, oldest first."""
        async with self.connection() as connection:
            return [Job.from_row(row) for row in await connection.fetch("SELECT * FROM job ORDER BY seq")]

    async def moves(self) -> list[Move]:
        """All events, in their order."""
        async with self.connection() as connection:
            rows = await connection.fetch(
                """SELECT event.job, event.at, event.state, job.tag AS turn, job.created_at AS asked
                FROM event JOIN job ON job.seq = event.job ORDER BY event.at, event.job, number"""
            )
        return [Move(**{**dict(row), "state": State(row["state"])}) for row in rows]

    async def count(self, condition: str) -> int:
        """How many jobs meet a condition."""
        async with self.connection() as connection:
            return int(await connection.fetchval(f"SELECT count(*) FROM job WHERE {condition}"))  # noqa: S608 - the test's own words


@contextlib.asynccontextmanager
async def running_fleet(
    playground: Playground, folder: Path, *, workers: int, pace: float, **settings: str
) -> AsyncGenerator[Fleet]:
    """A gateway and workers with one ComfyUI each, all started; ended at the end, however the test went."""
    async with contextlib.AsyncExitStack() as stack:
        postgres = stack.enter_context(own_server())
        pool = await stack.enter_async_context(asyncpg.create_pool(postgres.url(), min_size=0, ssl=False))
        comfyuis = [await stack.enter_async_context(ComfyUI(speed=150)) for _ in range(workers)]
        common = {
            "DATABASE_URL": postgres.url(),
            "BLOB_URL": f"file://{folder / 'blobs'}",
            "FLEET_PACE": str(pace),
            "PYTHONPATH": str(HOOK),
            **settings,
        }
        (folder / "blobs").mkdir()

        def process(name: str, role: str, **own: str) -> BotProcess:
            home = folder / name
            home.mkdir()
            return BotProcess(
                playground, home, {**common, "WORKER_NAME": name, **own}, ["run", "--role", role]
            )

        fleet = Fleet(
            playground=playground,
            postgres=postgres,
            pool=pool,
            comfyuis=comfyuis,
            gateway=process("gateway", "gateway"),
            workers=[
                process(f"worker{number}", "worker", COMFYUI_URL=each.url)
                for number, each in enumerate(comfyuis)
            ],
        )
        try:
            await fleet.start_gateway()
            for worker in fleet.workers:
                await worker.launch()
            yield fleet
        finally:
            for each in fleet.processes:
                if each.process and each.process.returncode is None:
                    each.signal(signal.SIGCONT)
                    await each.end(lambda process: process.kill())
