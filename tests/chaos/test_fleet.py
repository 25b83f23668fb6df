"""Many jobs on several workers while processes, servers and the database die: each gets its clip, once."""

import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from playground.errors import PlaygroundError
from playground.playground import Playground
from storage import Job, State
from tests.chaos.fleet import Fleet, Move, running_fleet
from tests.crash.invariants import FinalState
from tests.forking.bot import FORK_MEDIA
from tests.postgres_server import installed

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32" or not installed(), reason="needs SIGKILL and PostgreSQL"),
    # aiohttp's server leaves the file open whose download dies with a worker.
    pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning"),
]
UNFINISHED = "finished_at IS NULL"
UNTOLD = "finished_at IS NULL OR told = 0"
MAX_UNFINISHED = 40
CHANNELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetLoad:
    """How much of everything; `pace`: the fraction of their time that leases take."""

    jobs: int
    workers: int
    people: int
    kills: int
    postgres_kills: int
    pace: float
    settle_seconds: float


SHORT = FleetLoad(jobs=8, workers=2, people=3, kills=3, postgres_kills=1, pace=0.1, settle_seconds=60)
LONG = FleetLoad(jobs=600, workers=4, people=12, kills=30, postgres_kills=2, pace=0.5, settle_seconds=400)


@pytest.mark.waits
@pytest.mark.parametrize("load", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
async def test_whoever_dies_in_a_fleet_every_job_has_one_result(
    load: FleetLoad, tmp_path: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FORK_MEDIA, "1")
    began = time.monotonic()
    async with (
        Playground(check_contract=False, comfyui=None, patience=4) as playground,
        running_fleet(
            playground, tmp_path, workers=load.workers, pace=load.pace, MAX_QUEUED_PER_USER="1000"
        ) as fleet,
    ):
        faults = FleetFaults(fleet=fleet, rng=random.Random(7))  # noqa: S311 - the same faults each time
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask(fleet, load, picture), name="people")
            tasks.create_task(faults.inject(load), name="faults")
        await settle(fleet, load)
        after, moves = await read_final(fleet), await fleet.moves()
        refused = sum(log_of(worker).count("is left to others") for worker in fleet.workers)
        print(report(after, faults, moves, refused, time.monotonic() - began))  # noqa: T201 - `-rP` shows it
        assert len(after.jobs) >= load.jobs
        assert [(job.id, job.state, job.reason) for job in after.lost] == []
        assert [job.id for job in after.sent_twice] == []
        assert after.stale == []
        assert refused >= 1, "the worker that was frozen past its lease has gone on with its job"
        assert worst_overtaking(moves) <= (load.workers + 1) * longest(after.jobs)


@dataclass(slots=True, kw_only=True)
class FleetFaults:
    """Kills by turns, evenly over the work, until all are done."""

    fleet: Fleet
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter[str])

    async def inject(self, load: FleetLoad) -> None:
        """Every fault of the plan, each after some more jobs have ended."""
        plan = [*self._kills(load.kills), *[self.kill_postgres] * load.postgres_kills, self.freeze]
        plan += [self.terminate_backends] * load.postgres_kills
        self.rng.shuffle(plan)
        for number, fault in enumerate(plan):
            await self._ended(load.jobs * number // (len(plan) + 1))
            self.done[fault.__name__] += 1
            await fault()
            await self.fleet.restart_the_dead()

    def _kills(self, number: int) -> list[Callable[[], Awaitable[None]]]:
        kinds = [self.kill_gateway, self.kill_worker, self.kill_comfyui]
        return [kinds[each % len(kinds)] for each in range(number)]

    async def kill_gateway(self) -> None:
        """The gateway."""
        await self.fleet.kill_gateway()

    async def kill_worker(self) -> None:
        """One of the workers."""
        await self.fleet.kill_worker(self.rng.randrange(len(self.fleet.workers)))

    async def kill_comfyui(self) -> None:
        """One of the ComfyUIs."""
        await self.fleet.restart_comfyui(self.rng.randrange(len(self.fleet.comfyuis)))

    async def kill_postgres(self) -> None:
        """The database."""
        await self.fleet.kill_postgres()

    async def terminate_backends(self) -> None:
        """All connections to the database."""
        await self.fleet.terminate_backends()

    async def freeze(self) -> None:
        """Freeze a worker that has a job until another one has it, then let it go on."""
        job, holder = await self._running()
        worker = next(each for each in self.fleet.workers if each.settings["WORKER_NAME"] == holder)
        worker.signal(signal.SIGSTOP)
        try:
            async for now in self._rows(job):
                if now["epoch"] != job["epoch"] or now["finished_at"] is not None:
                    break
        finally:
            worker.signal(signal.SIGCONT)

    async def _running(self) -> tuple[asyncpg.Record, str]:
        """A job that runs, and the name of the worker that has it."""
        while True:
            async with self.fleet.connection() as connection:
                row = await connection.fetchrow(
                    """SELECT job.id, job.epoch, worker.name FROM job JOIN worker ON worker.id = job.holder
                    WHERE job.state IN ('submitting', 'running')"""
                )
            if row:
                return row, row["name"]
            await asyncio.sleep(0.05)

    async def _rows(self, job: asyncpg.Record) -> AsyncGenerator[asyncpg.Record]:
        while True:
            async with self.fleet.connection() as connection:
                row = await connection.fetchrow("SELECT epoch, finished_at FROM job WHERE id = $1", job["id"])
            assert row
            yield row
            await asyncio.sleep(0.1)

    async def _ended(self, number: int) -> None:
        while await self.fleet.count("finished_at IS NOT NULL") < number:
            await self.fleet.restart_the_dead()
            await asyncio.sleep(0.2)


async def ask(fleet: Fleet, load: FleetLoad, picture: bytes) -> None:
    """Everybody asks for one clip after the other until there are enough."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(load.people):
            tasks.create_task(ask_often(fleet, load, picture, number), name=f"person {number}")


async def ask_often(fleet: Fleet, load: FleetLoad, picture: bytes, number: int) -> None:
    """One person's requests, where nobody answers again."""
    member = fleet.playground.member(f"person{number}")
    channel = fleet.playground.channel_named(f"room{number % CHANNELS}")
    while await count(fleet, "true") < load.jobs:
        if await count(fleet, UNFINISHED) < MAX_UNFINISHED:
            with suppress(PlaygroundError):
                job = await member.animate(picture, "it moves", seconds=1, channel=channel)
                await job.answered(10)
        else:
            await asyncio.sleep(0.3)


async def count(fleet: Fleet, condition: str) -> int:
    """How many jobs meet it, as soon as the database answers."""
    while True:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return await fleet.count(condition)
        await asyncio.sleep(0.1)


async def settle(fleet: Fleet, load: FleetLoad) -> None:
    """Wait until all jobs have ended and their ends are told, and adopted deliveries were looked at again."""
    deadline = time.monotonic() + load.settle_seconds
    while await count(fleet, UNTOLD) and time.monotonic() < deadline:
        await fleet.restart_the_dead()
        await asyncio.sleep(0.2)
    await asyncio.sleep(120 * load.pace)


async def read_final(fleet: Fleet) -> FinalState:
    """Rows, messages and runs as they are now."""
    playground = fleet.playground
    return FinalState(
        jobs=await fleet.jobs(),
        bot_messages=[
            message
            for message in playground.state.messages.values()
            if message.author_id == playground.bot_user.id and message.only_for is None
        ],
        runs=Counter(run.prompt_id for each in fleet.comfyuis for run in each.runs),
    )


def log_of(worker: object) -> str:
    """What a worker has logged."""
    return str(getattr(worker, "log", ""))


def longest(jobs: list[Job]) -> float:
    """The GPU seconds of the job that took most, by forecast or in truth."""
    return max(max(job.cost, job.seconds or 0.0) for job in jobs)


def worst_overtaking(moves: list[Move]) -> float:
    """By how many GPU seconds a job was claimed before another that waited with an earlier turn."""
    first = dict[int, Move]()
    for move in moves:
        if move.state is State.CLAIMED:
            first.setdefault(move.job, move)
    return max(
        (
            claimed.turn - waited.turn
            for claimed in first.values()
            for waited in first.values()
            if waited.asked < claimed.at < waited.at
        ),
        default=0.0,
    )


def report(after: FinalState, faults: FleetFaults, moves: list[Move], refused: int, seconds: float) -> str:
    """One line of counts, and the number of each fault."""
    extra = sum(after.runs[job.id] - 1 for job in after.run_twice)
    return (
        f"{len(after.jobs)} jobs / {len(after.lost)} lost / {len(after.sent_twice)} sent twice / "
        f"{extra} runs more than one a job / {refused} moves of zombies refused / "
        f"overtaken by at most {worst_overtaking(moves):.1f} GPU seconds "
        f"(longest job {longest(after.jobs):.1f}) / {len(after.stale)} with old words / {seconds:.0f} s\n"
        f"{dict(faults.done)}"
    )
