"""Kills while clips are fitted and joined, then a month of retention: what goes and what stays."""

import asyncio
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from playground.playground import Playground
from storage import Job, Maintenance, Retention, open_store
from storage.retention import DAY
from tests.blob_files import local_blobs
from tests.crash.invariants import read_final_state, unannounced, unfinished
from tests.e2e.process import BotProcess, running_bot

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
    # aiohttp's server leaves the file open whose download dies with the bot.
    pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning"),
]

FOLDER = "a clip that is fitted or joined"
WHOLE = re.compile(r"[0-9a-f-]{36}(\.joined|\.smaller)?\.mp4")


@pytest.mark.long
@pytest.mark.parametrize("kills", [30])
async def test_kills_in_the_middle_of_a_file_leave_nothing_and_retention_goes_on(
    kills: int, tmp_path: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Playground(check_contract=False, comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="1000", BACKUPS="0") as bot,
    ):
        member = playground.member("ada")
        clip = await (await member.animate(picture, "it moves", seconds=1)).video()
        caught, rng = Counter[str](), random.Random(7)  # noqa: S311 - the same kills each time
        for _ in range(kills):
            if not unfinished(bot.folder):
                await member.submit(await member.press(clip, "Extend"), join="yes", timeout=30)
                await admitted(bot)
            caught.update(await kill_while_writing(bot, rng.uniform(0, 0.8)))
        await all_ended(bot)
        assert await bot.terminate() == 0
        after = read_final_state(playground, bot.folder)
    print(f"{len(after.jobs)} jobs, {kills} kills, while were written: {dict(caught)}")  # noqa: T201 - `-rP` shows it
    assert caught[FOLDER] > kills / 3
    assert after.damage() == []
    assert all(WHOLE.fullmatch(path.name) for path in (tmp_path / "data" / "clips").iterdir())
    await spend_a_month(tmp_path / "data", after.jobs, monkeypatch)


def half_written(folder: Path) -> list[Path]:
    """What stands in the folder of scratch."""
    return list((folder / "data" / "scratch").iterdir())


async def admitted(bot: BotProcess) -> None:
    """Wait until a job is there."""
    async with asyncio.timeout(60):
        while not unfinished(bot.folder):  # noqa: ASYNC110 - no event tells of another process's rows
            await asyncio.sleep(0.002)


async def kill_while_writing(bot: BotProcess, after: float) -> set[str]:
    """Kill the bot `after` seconds of writing a file, else once all has ended; what it was writing."""
    async with asyncio.timeout(120):
        while not half_written(bot.folder) and unfinished(bot.folder):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.002)
    await asyncio.sleep(after)  # at another point of the work each time
    await bot.kill()
    found = half_written(bot.folder)
    await bot.start()
    assert not set(found) & {path for path in half_written(bot.folder) if path.is_dir()}, "a start sweeps"
    return {FOLDER if path.name.startswith("tmp") else path.suffix for path in found}


async def all_ended(bot: BotProcess) -> None:
    """Wait until every job has ended and that was said."""
    async with asyncio.timeout(60):
        while unfinished(bot.folder) or unannounced(bot.folder):  # noqa: ASYNC110 - no event tells of another process's rows
            await asyncio.sleep(0.05)


async def spend_a_month(data: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply the retention day by day, on a clock that is moved, and look at what is left."""
    real, days = time.time, 0
    monkeypatch.setattr(time, "time", lambda: real() + days * DAY)
    pictures = {job.picture for job in jobs}
    async with open_store(data) as store:
        files = local_blobs(data, store.database)
        keep = Maintenance(store, files, Retention(rows=28, pictures=14, clips=7), lambda job: None)
        for days in range(31):
            await keep.apply_retention()
            assert keep.failures == {}
            assert bool(names_in(data / "clips")) == (days < 7), days
            assert names_in(data / "pictures") == (pictures if days < 14 else set()), days
            assert len(await store.history(jobs[0].user_id, limit=1000)) == (len(jobs) if days < 28 else 0), (
                days
            )
    assert names_in(data / "scratch") == set()


def names_in(folder: Path) -> set[str]:
    """The names of all that stands in a folder."""
    return {path.name for path in folder.iterdir()}
