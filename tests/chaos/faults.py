"""What can go wrong at once: the bot killed, its disk full, ComfyUI restarted, Discord out of order."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.errors import NeverHappened
from playground.playground import Playground
from storage import State
from tests.crash.invariants import read_jobs
from tests.e2e.process import BotProcess

IDLE = 2.0  # seconds
KILLS = 0.4  # of all harms
KNOWN_TO_COMFYUI = {State.SUBMITTING, State.RUNNING, State.DOWNLOADING}
CREATE = r"^POST /channels/\d+/messages$"
STARTS = 5  # tries: who starts into a storm may end at once, and whoever runs the bot starts it anew


@dataclass(slots=True, kw_only=True)
class FaultInjector:
    """Does one harm after the other, chosen by `dice`; the bot lives when it is over."""

    playground: Playground
    bot: BotProcess
    dice: random.Random
    pause: int
    """How many requests of the bot to Discord there are between two harms, about."""
    done: Counter[str] = field(default_factory=Counter[str])
    forgotten: Counter[str] = field(default_factory=Counter[str])
    """How often ComfyUI has lost each job."""

    async def rage(self, *, kills: int) -> None:
        """Harm until the bot was killed so many times; each harm comes amid the work after the last."""
        harms = [
            self.restart_comfyui,
            self.cut_sockets,
            self.lose_answers,
            self.fill_disk,
            self.break_discord,
            self.hang_up,
        ]
        while self.done["kill"] < kills:
            await self._some_work()
            harm = self.kill if self.dice.random() < KILLS else self.dice.choice(harms)
            self.done[harm.__name__] += 1
            await harm()
            assert self.bot.process
            assert self.bot.process.returncode is None, self.bot.log[-3000:]

    async def kill(self) -> None:
        """A power cut, in the middle of whatever it is doing."""
        await self.bot.kill()
        for _ in range(STARTS):
            try:
                await self.bot.start()
            except AssertionError:
                self.done["failed start"] += 1
            else:
                return

    async def restart_comfyui(self) -> None:
        """Queue, history and temp files are gone."""
        await self.playground.comfyui.stop()
        jobs = read_jobs(self.bot.folder)
        self.forgotten.update(
            job.id
            for job in jobs
            if job.state  # seconds
            in KNOWN_TO_COMFYUI
        )
        await self.playground.comfyui.start()

    async def cut_sockets(self) -> None:
        """ComfyUI's events stop, and one download ends in the middle."""
        await self.playground.comfyui.close_sockets()
        self.playground.comfyui.cut_download()

    async def lose_answers(self) -> None:
        """What was asked for takes effect, but nobody hears of it."""
        self.playground.comfyui.accept_then_close()
        self.playground.comfyui.answer(503, times=2)
        self.playground.discord.cut_after_processing(CREATE)

    async def fill_disk(self) -> None:
        """Nothing can be written for a while: whoever asks is refused, what was made stays where it is."""
        self.bot.limit_files(0)
        await self._some_work()
        self.bot.limit_files(-1)

    async def break_discord(self) -> None:
        """A storm of 5xx, of 429, or of broken connections."""
        discord = self.playground.discord
        storms: list[Callable[[], None]] = [
            lambda: discord.fail(status=503, times=4),
            lambda: discord.fail(status=500, times=2, route=CREATE),
            lambda: discord.rate_limit(times=4, retry_after=0.3),
            lambda: discord.cut_before_processing("", times=3),
        ]
        self.dice.choice(storms)()

    async def hang_up(self) -> None:
        """The gateway closes, breaks, or has forgotten the session."""
        discord = self.playground.discord
        self.dice.choice([discord.disconnect, lambda: discord.drop_gateway(0.5), discord.forget_session])()

    async def _some_work(self) -> None:
        """Wait until the bot has made some more requests; while it can do nothing, not for long."""
        requests = self.playground.discord.requests
        enough = len(requests) + self.dice.randint(1, 2 * self.pause)
        try:
            await self.playground.until(
                lambda: True if len(requests) >= enough else None, IDLE, "more requests"
            )
        except NeverHappened:
            self.done["harm while idle"] += 1
