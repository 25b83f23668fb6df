"""The real bot as a process of its own."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playground.playground import Playground
from tests.forking.bot import fork_bot
from tests.forking.client import FORKS, ForkedProcess

if sys.platform == "linux":
    import resource

ROOT = Path(__file__).parents[2]
if sys.platform == "win32":
    STOP, GROUP = signal.CTRL_BREAK_EVENT, subprocess.CREATE_NEW_PROCESS_GROUP
    INTERRUPT, STOPPED_AT_ONCE = STOP, 128 + signal.SIGBREAK
else:
    STOP, GROUP = signal.SIGTERM, 0
    INTERRUPT, STOPPED_AT_ONCE = signal.SIGINT, 128 + signal.SIGINT
RunningProcess = asyncio.subprocess.Process | ForkedProcess


@dataclass
class BotProcess:
    """`python bot.py` with these settings, startable again on the same folder."""

    playground: Playground
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    process: RunningProcess | None = None

    @property
    def log(self) -> str:
        """Everything the bot has logged so far, over all its starts."""
        return self._log.read_text(encoding="utf-8")

    @property
    def _log(self) -> Path:
        return self.folder / "bot.log"

    async def start(self) -> None:
        """Start it and wait until it is online."""
        process = await self.launch()
        online = asyncio.create_task(self.playground.bot_online())
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({online, ended}, return_when=asyncio.FIRST_COMPLETED)
        assert not ended.done(), self.log
        ended.cancel()
        await online

    async def launch(self) -> RunningProcess:
        """Start it without waiting for anything."""
        environment = {
            **os.environ,
            **self.playground.environment(),
            "DATA_DIR": str(self.folder / "data"),
            "PYTHONWARNINGS": "default",
            "LOG_FORMAT": "console",  # what tests read, whatever it is written to
            **self.settings,
        }
        self.process = await self._start(environment)
        return self.process

    async def _start(self, environment: Mapping[str, str]) -> RunningProcess:
        if FORKS:
            return await fork_bot(self.folder, environment, self._log, self.arguments)
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "bot.py"),
                *self.arguments,
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                creationflags=GROUP,  # so that on Windows its Ctrl+Break is not the test's
            )

    async def terminate(self) -> int:
        """End it as an operating system does; returns the exit code."""
        return await self._end(lambda process: process.send_signal(STOP))

    async def kill(self) -> None:
        """End it as a power cut does."""
        await self._end(lambda process: process.kill())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process
        self.process.send_signal(number)

    def limit_files(self, size: int) -> None:
        """Let none of its files grow beyond `size` bytes: 0 fills its disk, -1 gives the room back. Linux."""
        assert self.process
        if sys.platform == "linux":
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    async def end(self, end: Callable[[RunningProcess], None]) -> int:
        """Do what ends it and wait until it has; returns the exit code."""
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            end(self.process)
        async with asyncio.timeout(20):
            return await self.process.wait()

    async def _end(self, end: Callable[[RunningProcess], None]) -> int:
        code = await self.end(end)
        async with asyncio.timeout(20):
            await self.playground.bot_offline()
        return code


@contextlib.asynccontextmanager
async def running_bot(playground: Playground, folder: Path, **settings: str) -> AsyncGenerator[BotProcess]:
    """The bot, online; ended at the end, however the test went."""
    bot = BotProcess(playground, folder, settings)
    try:
        await bot.start()
        yield bot
    finally:
        if bot.process and bot.process.returncode is None:
            bot.process.kill()
            await bot.process.wait()


async def logged(bot: BotProcess, text: str) -> None:
    """Wait until the bot has logged that, where Discord hears nothing of it."""
    async with asyncio.timeout(60):
        while text not in bot.log:  # noqa: ASYNC110 - a file of another process
            await asyncio.sleep(0.05)
