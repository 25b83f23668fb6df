"""Hostile files, sent as a person would: each is answered within seconds, and the bot stays small."""

import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest

from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot
from tests.unit.media.hostile import crafted, fuzzed
from tests.unit.media.sample_pictures import fifty_megapixels, png_bomb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MAX_MEGABYTES = 400
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


async def test_hostile_files_are_answered_soon_and_cost_the_bot_little_memory(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    number = 200 if pytestconfig.getoption("--long") else 12
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
        megabytes = peak_memory(bot)
        assert await bot.terminate() == 0
    refused = sum(fate != "queued" for fate in fates.values())
    print(f"{number} files, {refused} refused, the bot at most {megabytes} MB")  # noqa: T201 - `-rP` shows it
    assert megabytes < MAX_MEGABYTES
    assert 0 < refused < number


def fate(job: TrackedJob) -> str | None:
    """How the person was answered; "looking at your picture" is no answer yet."""
    if job.refusal:
        return job.refusal
    return "queued" if "Queued" in job.text else None


def peak_memory(bot: BotProcess) -> int:
    """The most that the bot's own process ever held, in megabytes; its children are limited on their own."""
    assert bot.process
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024
