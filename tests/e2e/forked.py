"""The bot in a process forked from one that has imported it, which saves two seconds of each start."""

import asyncio
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.e2e.stalls import MeasuringPolicy

STALLS = "TEST_STALLS"
"""The variable that names a file for the long turns of the bot's event loop."""
IMPORTED = ("cli.main", "av", "PIL.Image")


class ForkedProcess:
    """What the tests use of `asyncio.subprocess.Process`, for a process of multiprocessing's fork server."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal. Raises ProcessLookupError where it has ended."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    async def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()


async def fork_bot(folder: Path, environment: Mapping[str, str], log: Path) -> ForkedProcess:
    """`python bot.py` in that folder, with that environment, and its output appended to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*IMPORTED, __name__])
    process = context.Process(target=_run, args=(str(folder), dict(environment), str(log)))
    await asyncio.to_thread(process.start)
    return ForkedProcess(process)


def _run(folder: str, environment: Mapping[str, str], log: str) -> None:
    """What bot.py does, in the forked process."""
    from cli.main import main
    from cli.signals import ignore_signals

    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1, closefd=False) for stream in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    warnings.simplefilter("default")
    if measured := environment.get(STALLS):
        asyncio.set_event_loop_policy(MeasuringPolicy(Path(measured)))
    sys.argv = ["bot.py"]
    code = main([])
    ignore_signals()
    sys.exit(code)
