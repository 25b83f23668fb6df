"""One scenario for the real bot, which is killed at one call of it and started again."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from playground.errors import NeverHappened
from playground.playground import Playground
from tests.crash.invariants import REROLL, FinalState, read_final_state
from tests.e2e.process import BotProcess, running_bot

HOOK = Path(__file__).parent / "hook"
SETTLE_TIMEOUT = 20.0  # seconds from a start to the last word
LAST_CALL_TIMEOUT = 0.5  # seconds for a call whose effect was seen already to be answered


class Scenario(StrEnum):
    """What the person does."""

    ANIMATE = "/animate"
    REROLL = "🔁"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashRun:
    """The outcome. `calls` in order, as `NAME #NUMBER`; `died`: whether the bot got to the call."""

    calls: Sequence[str]
    died: bool
    final_state: FinalState
    faults: Sequence[str]


async def run_scenario(scenario: Scenario, folder: Path, picture: bytes, *, die: str = "") -> CrashRun:
    """Run it to the end in a playground of its own; `die` is `before CALL`, `after CALL`, or nothing."""
    settings = {"PYTHONPATH": str(HOOK), "EXPLORER": str(folder)}
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, folder, **settings) as bot,
    ):
        runner = ScenarioRunner(playground=playground, bot=bot, scenario=scenario)
        await runner.ask(picture, die)
        died = await runner.settled_or_dead()
        (folder / "plan").unlink()
        if died and runner.owes_result:
            await playground.bot_offline()
            await bot.start()
            await runner.settled()
        calls = (folder / "calls").read_text(encoding="utf-8").splitlines()
        return CrashRun(calls=calls, died=died, final_state=runner.final_state, faults=runner.faults())


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRunner:
    """Sends the scenario's request to a bot and waits for its end."""

    playground: Playground
    bot: BotProcess
    scenario: Scenario

    @property
    def final_state(self) -> FinalState:
        """Rows, messages and runs as they are now."""
        return read_final_state(self.playground, self.bot.folder)

    @property
    def expected(self) -> int:
        """How many jobs there will be: a reroll has a parent."""
        return 2 if self.scenario is Scenario.REROLL else 1

    @property
    def owes_result(self) -> bool:
        """Whether a result must come: always after a 🔁, after a command only if its row was written."""
        return self.scenario is Scenario.REROLL or bool(self.final_state.jobs)

    def faults(self) -> list[str]:
        """Every broken invariant, one sentence each."""
        unheard = self.owes_result and len(self.final_state.jobs) < self.expected
        return [*self.final_state.faults(), *(["the reaction was not handled"] if unheard else [])]

    async def ask(self, picture: bytes, die: str) -> None:
        """Let a person ask, and the bot die at `die` from this moment on."""
        ada, plan = self.playground.member("ada"), self.bot.folder / "plan"
        if self.scenario is Scenario.ANIMATE:
            plan.write_text(die, encoding="utf-8")
            await ada.animate(picture, "it moves", seconds=1)
            return
        clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
        await self.playground.until(
            lambda: True if not self.final_state.faults() else None, SETTLE_TIMEOUT, "a clip"
        )
        plan.write_text(die, encoding="utf-8")
        await ada.react(clip, REROLL)

    async def settled(self) -> None:
        """Wait until all jobs have ended; returns after SETTLE_TIMEOUT too."""
        with suppress(NeverHappened):
            await self.playground.until(self._settled, SETTLE_TIMEOUT, "the end of all jobs")

    async def settled_or_dead(self) -> bool:
        """Wait until all jobs have ended or the bot has died; returns whether it has died."""
        assert self.bot.process
        dead = asyncio.create_task(self.bot.process.wait(), name="death of the bot")
        over = asyncio.create_task(self.settled(), name="end of all jobs")
        await asyncio.wait({dead, over}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({dead}, timeout=LAST_CALL_TIMEOUT)
        died = dead.done()
        for task in (dead, over):
            task.cancel()
        await asyncio.gather(dead, over, return_exceptions=True)
        return died

    def _settled(self) -> bool | None:
        return True if len(self.final_state.jobs) == self.expected and not self.faults() else None
