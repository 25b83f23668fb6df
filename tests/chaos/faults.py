"""What can go wrong at once: the bot killed, its disk full, ComfyUI restarted, Discord out of order."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.discord.faults import Unreadable
from playground.discord.model import Channel
from playground.errors import NeverHappened
from playground.playground import Playground
from storage import State
from tests.crash.invariants import read_jobs
from tests.e2e.process import BotProcess

IDLE_SECONDS = 2.0  # seconds
KILLS = 0.4  # of all faults
KNOWN_TO_COMFYUI = {State.SUBMITTING, State.RUNNING, State.DOWNLOADING}
CREATE = r"^POST /channels/\d+/messages$"
EDIT = r"^PATCH /channels/\d+/messages/"
STARTS = 5  # tries: a bot that starts amid faults may end at once, and whoever runs the bot starts it anew


@dataclass(slots=True, kw_only=True)
class FaultInjector:
    """Injects one fault after the other, chosen by `rng`; the bot runs when it is over."""

    playground: Playground
    bot: BotProcess
    rng: random.Random
    pause: int
    """About how many requests of the bot to Discord there are between two faults."""
    threads: list[Channel] = field(default_factory=list[Channel])
    """Private threads that people ask in."""
    done: Counter[str] = field(default_factory=Counter[str])
    forgotten: Counter[str] = field(default_factory=Counter[str])
    """How often ComfyUI has lost each job."""

    async def inject(self, *, kills: int) -> None:
        """Inject faults until the bot was killed `kills` times, each amid the work after the last one."""
        kinds = [
            self.restart_comfyui,
            self.cut_sockets,
            self.lose_answers,
            self.fill_disk,
            self.break_discord,
            self.hang_up,
            self.block_at_the_edge,
            self.spoil_answers,
            self.filter_a_clip,
            self.leave_a_thread,
            self.put_out,
        ]
        while self.done["kill"] < kills:
            await self._some_work()
            fault = self.kill if self.rng.random() < KILLS else self.rng.choice(kinds)
            self.done[fault.__name__] += 1
            await fault()
            assert self.bot.process
            assert self.bot.process.returncode is None, self.bot.log[-3000:]

    async def kill(self) -> None:
        """Kill the bot with SIGKILL, whatever it is doing, and start it again."""
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
        self.forgotten.update(job.id for job in jobs if job.state in KNOWN_TO_COMFYUI)
        await self.playground.comfyui.start()

    async def cut_sockets(self) -> None:
        """ComfyUI's events stop, and one download ends in the middle."""
        await self.playground.comfyui.close_sockets()
        self.playground.comfyui.cut_download()

    async def lose_answers(self) -> None:
        """Requests take effect, but their responses are lost."""
        self.playground.comfyui.accept_then_close()
        self.playground.comfyui.answer(503, times=2)
        self.playground.discord.cut_after_processing(CREATE)

    async def fill_disk(self) -> None:
        """Nothing can be written for a while: whoever asks is refused, what was made stays where it is."""
        self.bot.limit_files(0)
        await self._some_work()
        self.bot.limit_files(-1)

    async def break_discord(self) -> None:
        """Several 5xx, 429, or broken connections."""
        discord = self.playground.discord
        failures: list[Callable[[], None]] = [
            lambda: discord.fail(status=503, times=4),
            lambda: discord.fail(status=500, times=2, route=CREATE),
            lambda: discord.rate_limit(times=4, retry_after=0.3),
            lambda: discord.cut_before_processing("", times=3),
        ]
        self.rng.choice(failures)()

    async def block_at_the_edge(self) -> None:
        """Cloudflare in front of Discord refuses for a while, in JSON or as a page."""
        discord = self.playground.discord
        self.rng.choice(
            [lambda: discord.fail(403, code=40333, times=3), lambda: discord.fail_with_page(times=3)]
        )()

    async def spoil_answers(self) -> None:
        """Requests take effect or not, and their answers cannot be read."""
        discord = self.playground.discord
        spoil = self.rng.choice([discord.unreadable_after_processing, discord.unreadable_before_processing])
        for route in (CREATE, EDIT):
            spoil(route, body=self.rng.choice(list(Unreadable)))

    async def filter_a_clip(self) -> None:
        """A filter of the guild takes the next message to a channel of it for explicit."""
        channels = "|".join(str(each.id) for each in (self.playground.channel, *self.threads))
        self.playground.discord.fail(403, code=20009, route=rf"^POST /channels/({channels})/messages$")

    async def leave_a_thread(self) -> None:
        """The bot is put out of a private thread, and added again later."""
        me = self.playground.bot_user.id
        for thread in self.threads:
            self.playground.state.leave_thread(thread, me)
        await self._some_work()
        for thread in self.threads:
            self.playground.state.join_thread(thread, me)

    async def put_out(self) -> None:
        """The bot is put out of the guild, and invited again later."""
        guild, me = self.playground.guild, self.playground.bot_user.id
        self.playground.state.leave(guild, me)
        await self._some_work()
        self.playground.state.join(guild, me)
        for thread in self.threads:
            self.playground.state.join_thread(thread, me)

    async def hang_up(self) -> None:
        """The gateway closes, breaks, or has forgotten the session."""
        discord = self.playground.discord
        self.rng.choice([discord.disconnect, lambda: discord.drop_gateway(0.5), discord.forget_session])()

    async def _some_work(self) -> None:
        """Wait until the bot has made some more requests; while it can do nothing, not for long."""
        requests = self.playground.discord.requests
        enough = len(requests) + self.rng.randint(1, 2 * self.pause)
        try:
            await self.playground.until(
                lambda: True if len(requests) >= enough else None, IDLE_SECONDS, "more requests"
            )
        except NeverHappened:
            self.done["fault while idle"] += 1
