"""People who ask and react, whatever the bot is doing, and ask again where nobody answers."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from playground.errors import NeverHappened, PlaygroundError
from playground.place import Playground
from storage import Job
from tests.bot.process import BotProcess
from tests.explorer.aftermath import REROLL, has_clip, read_jobs

CHANNELS = 4  # each lets five messages through in five seconds
MOST_AT_ONCE = 24  # unfinished jobs
PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Asks until there are `wanted` jobs."""

    place: Playground
    bot: BotProcess
    picture: bytes
    dice: random.Random
    wanted: int

    async def ask(self, people: int) -> None:
        """Everybody asks for one clip after the other."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(people):
                tasks.create_task(self._ask_often(number), name=f"person {number}")

    async def _ask_often(self, number: int) -> None:
        member = self.place.member(f"person{number}")
        channel = self.place.channel_named(f"room{number % CHANNELS}")
        while len(self._jobs()) < self.wanted:
            clips = [each for each in self.place.world.messages_in(channel.id) if has_clip(each)]
            try:
                if clips and self.dice.random() < 0.2:
                    await member.react(self.dice.choice(clips), REROLL)
                else:
                    job = await member.animate(self.picture, "it moves", seconds=1, channel=channel)
                    await job.answered(10)
            except PlaygroundError:
                continue  # the bot was dead, or had too much to do: ask again
            await self._until(lambda: self._unfinished() < MOST_AT_ONCE)

    async def _until(self, holds: Callable[[], bool]) -> None:
        try:
            await self.place.until(lambda: True if holds() else None, PATIENCE, "room in the queue")
        except NeverHappened:
            return

    def _jobs(self) -> list[Job]:
        return read_jobs(self.bot.folder)

    def _unfinished(self) -> int:
        return sum(job.finished_at is None for job in self._jobs())
