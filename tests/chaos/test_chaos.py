"""Many jobs of several people while everything breaks: each gets its clip, once."""

import asyncio
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.errors import NeverHappened
from playground.playground import Playground
from storage import Job, State
from tests.chaos.clients import Clients
from tests.chaos.faults import KILLS, FaultInjector
from tests.crash.invariants import FinalState, read_final_state, unannounced, unfinished
from tests.e2e.process import BotProcess, running_bot

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
    # aiohttp's server leaves the file open whose download dies with the bot.
    pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much of everything; `settle_seconds` is how long the bot has to finish after the last fault."""

    jobs: int
    kills: int
    people: int
    settle_seconds: float

    @property
    def pause(self) -> int:
        """Requests between two faults, so that the last kill meets the last jobs; each makes about nine."""
        return int(9 * self.jobs * KILLS / self.kills)


SHORT = Load(jobs=10, kills=3, people=3, settle_seconds=60)
LONG = Load(jobs=300, kills=40, people=8, settle_seconds=240)


@pytest.mark.long
@pytest.mark.parametrize("load", [SHORT, LONG], ids=["short", "long"])
async def test_whatever_breaks_every_job_is_done_once(load: Load, tmp_path: Path, picture: bytes) -> None:
    began = time.monotonic()
    async with (
        Playground(check_contract=False, comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="1000") as bot,
    ):
        rng = random.Random(7)  # noqa: S311 - the same faults each time
        faults = FaultInjector(playground=playground, bot=bot, rng=rng, pause=load.pause)
        await run_load(load, faults, picture)
        after = await settle(load, playground, bot)
    again = {job.id: after.runs[job.id] - 1 for job in after.run_twice}
    print(report(after, faults, time.monotonic() - began))  # noqa: T201 - `-rP` shows it
    assert len(after.jobs) >= load.jobs
    lost = [(job.id, job.state, job.reason) for job in after.lost if not is_of_guild_left(job)]
    assert lost == []
    assert [job.id for job in after.sent_twice] == []
    assert [job for job, runs in again.items() if runs > faults.forgotten[job]] == []
    assert after.stale == []


def is_of_guild_left(job: Job) -> bool:
    """Whether the job was cancelled since the bot was put out of the guild."""
    return job.state is State.CANCELLED and job.reason is not None and job.reason.code == "guild_left"


async def run_load(load: Load, faults: FaultInjector, picture: bytes) -> None:
    """Inject faults and send requests at once, until both are done."""
    clients = Clients(
        playground=faults.playground,
        bot=faults.bot,
        picture=picture,
        rng=random.Random(7),  # noqa: S311 - the same requests each time
        wanted=load.jobs,
        threads=faults.threads,
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.ask(load.people), name="clients")
        tasks.create_task(faults.inject(kills=load.kills), name="faults")


async def settle(load: Load, playground: Playground, bot: BotProcess) -> FinalState:
    """Switch all faults off and wait until all jobs have ended."""
    playground.discord.heal()
    playground.comfyui.heal()
    with suppress(NeverHappened):
        await playground.until(
            lambda: None if unfinished(bot.folder) or unannounced(bot.folder) else True,
            load.settle_seconds,
            "the final status of the last job",
        )
    assert await bot.terminate() == 0
    return read_final_state(playground, bot.folder)


def report(after: FinalState, faults: FaultInjector, seconds: float) -> str:
    """One line of counts, and the number of each fault."""
    extra = sum(after.runs[job.id] - 1 for job in after.run_twice)
    return (
        f"{len(after.jobs)} jobs / {len(after.lost)} lost / {len(after.sent_twice)} sent twice / "
        f"{extra} runs more than one a job, ComfyUI had forgotten {faults.forgotten.total()} / "
        f"{len(after.stale)} with old words, {len(after.left_behind) - len(after.stale)} other messages left "
        f"behind by kills / {seconds:.0f} s\n{dict(faults.done)}\n{after.stale}"
    )
