"""People who ask and react, whatever the bot is doing, and ask again where nobody answers."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

from playground.discord.model import Channel
from playground.errors import NeverHappened, PlaygroundError
from playground.members import Member
from playground.playground import Playground
from tests.crash.invariants import REROLL, count_jobs, has_clip, unfinished
from tests.e2e.process import BotProcess

CHANNELS = 4  # each lets five messages through in five seconds
MAX_UNFINISHED = 24  # unfinished jobs
QUEUE_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Asks until there are `wanted` jobs."""

    playground: Playground
    bot: BotProcess
    picture: bytes
    rng: random.Random
    wanted: int
    threads: list[Channel]
    """Gets the private threads that are made."""

    async def ask(self, people: int) -> None:
        """Everybody asks for one clip after the other."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(people):
                tasks.create_task(self._ask_often(number), name=f"person {number}")

    async def _ask_often(self, number: int) -> None:
        member = self.playground.member(f"person{number}")
        channel = self._channel_of(member, number)
        while count_jobs(self.bot.folder).total() < self.wanted:
            clips = [each for each in self.playground.state.messages_in(channel.id) if has_clip(each)]
            try:
                if clips and self.rng.random() < 0.2:
                    await member.react(self.rng.choice(clips), REROLL)
                else:
                    job = await member.animate(self.picture, "it moves", seconds=1, channel=channel)
                    await job.answered(10)
            except PlaygroundError:
                continue  # the bot was dead, or had too much to do: ask again
            with suppress(NeverHappened):
                await self.playground.until(self._has_room, QUEUE_TIMEOUT, "room in the queue")

    def _channel_of(self, member: Member, number: int) -> Channel:
        """One of a few channels; the first of every four has a private thread with the bot."""
        if number % CHANNELS:
            return self.playground.channel_named(f"room{number % CHANNELS}")
        thread = self.playground.private_thread(f"secret{number}", member.id, self.playground.bot_user.id)
        self.threads.append(thread)
        return thread

    def _has_room(self) -> bool | None:
        return True if unfinished(self.bot.folder) < MAX_UNFINISHED else None
