"""Hostile files, sent as a person would: each is answered within seconds, and the bot stays small."""

import asyncio
import os
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from PIL import Image

from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot
from tests.unit.media.hostile import crafted, fuzzed
from tests.unit.media.sample_pictures import fifty_megapixels, png_bomb, save

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MAX_MEGABYTES = 400
MANY = 40
TEN_MEBIBYTES = 10 * 2**20
MAX_MEGABYTES_OF_MANY = 300
MAX_KEPT_MEGABYTES = 40
NO_SIZE_TYPE = "application/octet-stream"  # so Discord tells no size, and the bot must look for itself
ANSWER_TIMEOUT = 10.0  # seconds from the command to its answer
WORST_FILES = (
    "png with a text bomb",
    "png with a profile bomb",
    "png of 2³¹ pixels a side",
    "png of 49 megapixels without pixels",
    "jpeg of 49 megapixels without pixels",
    "jpeg of endless scans",
    "jpeg with ten thousand comments",
    "jpeg with exif that points at itself",
    "gif frame beyond its screen",
    "webp of endless length",
)


def hostile_files(number: int) -> Iterator[tuple[str, bytes]]:
    """The two that want most memory, the worst of the crafted ones, then all, then accidents."""
    bombs = {"a bomb of 169 megapixels": png_bomb(), "50 megapixels": fifty_megapixels()}
    worst = {name: crafted()[name] for name in WORST_FILES}
    return islice(chain((bombs | worst | crafted()).items(), fuzzed(number)), number)


@pytest.mark.long
async def test_hostile_files_are_answered_soon_and_cost_the_bot_little_memory(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    number = 200 if pytestconfig.getoption("--long") else 6
    fates: dict[str, str] = {}
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="1000") as bot,
    ):
        playground.comfyui.pause()
        ada = playground.member("ada")
        for name, data in hostile_files(number):
            job = await ada.animate(data, "it moves", filename="a", content_type=NO_SIZE_TYPE, seconds=1)
            fates[name] = await playground.until(
                lambda job=job: fate(job), ANSWER_TIMEOUT, f"an answer to {name}"
            )
        megabytes = memory(bot, "VmHWM")
        assert await bot.terminate() == 0
    refused = sum(fate != "queued" for fate in fates.values())
    print(f"{number} files, {refused} refused, the bot at most {megabytes} MB")  # noqa: T201 - `-rP` shows it
    assert megabytes < MAX_MEGABYTES
    assert 0 < refused < number


def fate(job: TrackedJob) -> str | None:
    """How the person was answered; "looking at your picture" is no answer yet."""
    if job.refusal:
        return job.refusal
    return "queued" if job.text and "Looking" not in job.text else None


def memory(bot: BotProcess, name: str) -> int:
    """Megabytes of the bot's own process, now (VmRSS) or ever (VmHWM); its children have their own limits."""
    assert bot.process
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) // 1024


@pytest.mark.long
async def test_forty_pictures_of_ten_mebibytes_at_once_cost_little_memory_and_give_it_back(
    tmp_path: Path,
) -> None:
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path) as bot,
    ):
        playground.comfyui.pause()
        members = [playground.member(f"member {number}") for number in range(MANY)]
        before = memory(bot, "VmRSS")
        data = noise(TEN_MEBIBYTES)
        jobs = await asyncio.gather(*(each.animate(data, "it moves", seconds=1) for each in members))
        for job in jobs:
            await playground.until(lambda job=job: fate(job), 300, "an answer")
        assert not any(job.refusal for job in jobs)
        after = await playground.until(lambda: given_back(bot, before), 30, "memory that is given back")
        peak = memory(bot, "VmHWM")
        print(f"before {before} MB, at most {peak} MB, after {after} MB")  # noqa: T201 - `-rP` shows it
        assert peak < MAX_MEGABYTES_OF_MANY
        assert await bot.terminate() == 0


def noise(size: int) -> bytes:
    """A PNG of almost so many bytes, which no compression makes smaller."""
    side = int((0.99 * size / 3) ** 0.5)
    return save(Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)), "PNG")


def given_back(bot: BotProcess, before: int) -> int | None:
    """The megabytes that the bot still holds, once they are few more than before."""
    held = memory(bot, "VmRSS")
    return held if held < before + MAX_KEPT_MEGABYTES else None
