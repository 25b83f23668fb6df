"""Dying at any call of the database or the network costs nobody a clip and sends none twice.

The bot is the real process; `hook/sitecustomize.py` kills it with SIGKILL before a call takes effect, or
after it took effect but before its answer is seen. Then it is started again, and nobody does anything else.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.scenario import CrashRun, Scenario, run_scenario

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
    # aiohttp's server leaves the file open whose download dies with the bot.
    pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning"),
]
AT_ONCE = 2  # runs: each is a bot of its own

# The six at which a bot loses or doubles that writes the row after the effect, or not at all: promised but
# nobody told; said to be handed in but not; handed in but not noted; computed but not fetched; fetched and
# forgotten by ComfyUI but not noted; sent but not noted.
WHERE_IT_MATTERS = {
    "admitted, nobody told": "after ADMIT #1",
    "told, not noted": "after POST /api/v10/interactions/…/…/callback #1",
    "not handed in": "before POST /prompt #1",
    "handed in, not noted": "after POST /prompt #1",
    "computed, not fetched": "after MOVE downloading #1",
    "fetched, not noted": "after POST /history #1",
    "sent, not noted": "after POST /api/v10/channels/…/messages #1",
    "done, not said": "after MOVE done #1",
}


BY_DEFAULT = {"handed in, not noted", "sent, not noted"}


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, id=name, marks=() if name in BY_DEFAULT else pytest.mark.long)
        for name, point in WHERE_IT_MATTERS.items()
    ],
)
async def test_a_bot_that_dies_there_goes_on_as_if_it_had_not(
    point: str, tmp_path: Path, picture: bytes
) -> None:
    result = await run_scenario(Scenario.ANIMATE, tmp_path, picture, die=point)
    assert result.died
    assert result.faults == []


@pytest.mark.long
@pytest.mark.parametrize("scenario", Scenario)
async def test_wherever_the_bot_dies_nothing_is_lost_and_nothing_doubled(
    scenario: Scenario, tmp_path: Path, picture: bytes
) -> None:
    found = await explore(scenario, tmp_path, picture)
    print(found.summary, *found.faults, sep="\n")  # noqa: T201 - `-rP` shows it
    assert found.runs
    assert not found.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The runs of a scenario by the call at which the bot died."""

    runs: dict[str, CrashRun]

    @property
    def summary(self) -> str:
        """How many points there are, and how much was lost and doubled at them."""
        runs = [each.final_state for each in self.runs.values()]
        lost = sum(len(each.lost) for each in runs)
        doubled = sum(len(each.sent_twice) + len(each.run_twice) for each in runs)
        passed = sum(not each.died for each in self.runs.values())
        return f"{len(self.runs)} points / {lost} lost / {doubled} duplicated / {passed} not reached"

    @property
    def damage(self) -> list[str]:
        """What was lost or doubled, with the call."""
        return [
            f"{point}: {damage}" for point, each in self.runs.items() for damage in each.final_state.damage()
        ]

    @property
    def faults(self) -> list[str]:
        """Every broken invariant, with the call."""
        return [f"{point}: {fault}" for point, each in self.runs.items() for fault in each.faults]


async def explore(scenario: Scenario, folder: Path, picture: bytes) -> Found:
    """Run once to learn the calls, then die at each of them, before and after."""
    semaphore = asyncio.Semaphore(AT_ONCE)

    async def die(number: int, point: str) -> tuple[str, CrashRun]:
        async with semaphore:
            home = folder / str(number)
            await asyncio.to_thread(home.mkdir)
            return point, await run_scenario(scenario, home, picture, die=point)

    clean = await run_scenario(scenario, folder, picture)
    assert not clean.faults
    points = [f"{moment} {call}" for call in clean.calls for moment in ("before", "after")]
    return Found(runs=dict(await asyncio.gather(*(die(*each) for each in enumerate(points)))))
