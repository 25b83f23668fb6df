"""One road of one job, walked by the real bot, which dies at one point of it and is started again."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from playground.errors import NeverHappened
from playground.playground import Playground
from tests.crash.invariants import REROLL, Aftermath, look
from tests.e2e.process import BotProcess, running_bot

HOOK = Path(__file__).parent / "hook"
PATIENCE = 20.0  # seconds from a start to the last word
LAST_CALL = 0.5  # seconds for a call whose effect was seen already to be answered


class Road(StrEnum):
    """What the person does."""

    ANIMATE = "/animate"
    REROLL = "🔁"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What came of it. `calls` in order, as `NAME #NUMBER`; `died`: whether it got to the point."""

    calls: Sequence[str]
    died: bool
    aftermath: Aftermath
    faults: Sequence[str]


async def walk(road: Road, folder: Path, picture: bytes, *, die: str = "") -> Walk:
    """Walk to the end, in a world of its own; `die` is `before CALL`, `after CALL`, or nothing."""
    settings = {"PYTHONPATH": str(HOOK), "EXPLORER": str(folder)}
    async with Playground(comfyui={"speed": 50}) as place, running_bot(place, folder, **settings) as bot:
        walker = Walker(place=place, bot=bot, road=road)
        await walker.ask(picture, die)
        died = await walker.settled_or_dead()
        (folder / "plan").unlink()
        if died and walker.promised:
            await place.bot_offline()
            await bot.start()
            await walker.settled()
        calls = (folder / "calls").read_text(encoding="utf-8").splitlines()
        return Walk(calls=calls, died=died, aftermath=walker.aftermath, faults=walker.faults())


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """A bot, what a person asks it for, and the wait for the end of that."""

    place: Playground
    bot: BotProcess
    road: Road

    @property
    def aftermath(self) -> Aftermath:
        """The world as it is now."""
        return look(self.place, self.bot.folder)

    @property
    def expected(self) -> int:
        """How many jobs there will be: a reroll has a parent."""
        return 2 if self.road is Road.REROLL else 1

    @property
    def promised(self) -> bool:
        """Whether the bot owes something: a command without a row is no promise, a 🔁 stays there."""
        return self.road is Road.REROLL or bool(self.aftermath.jobs)

    def faults(self) -> list[str]:
        """What should not be so."""
        unheard = self.promised and len(self.aftermath.jobs) < self.expected
        return [*self.aftermath.faults(), *(["the reaction was not heard"] if unheard else [])]

    async def ask(self, picture: bytes, die: str) -> None:
        """Let a person begin the road, with death ahead from this moment on."""
        ada, plan = self.place.member("ada"), self.bot.folder / "plan"
        if self.road is Road.ANIMATE:
            plan.write_text(die, encoding="utf-8")
            await ada.animate(picture, "it moves", seconds=1)
            return
        clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
        await self.place.until(lambda: True if not self.aftermath.faults() else None, PATIENCE, "a clip")
        plan.write_text(die, encoding="utf-8")
        await ada.react(clip, REROLL)

    async def settled(self) -> None:
        """Wait until nothing is left to happen, in vain where something is lost."""
        with suppress(NeverHappened):
            await self.place.until(self._settled, PATIENCE, "the end of all jobs")

    async def settled_or_dead(self) -> bool:
        """Wait until all is over or the bot has died; whether it has died."""
        assert self.bot.process
        dead = asyncio.create_task(self.bot.process.wait(), name="death of the bot")
        over = asyncio.create_task(self.settled(), name="end of all jobs")
        await asyncio.wait({dead, over}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({dead}, timeout=LAST_CALL)
        died = dead.done()
        for task in (dead, over):
            task.cancel()
        await asyncio.gather(dead, over, return_exceptions=True)
        return died

    def _settled(self) -> bool | None:
        return True if len(self.aftermath.jobs) == self.expected and not self.faults() else None
