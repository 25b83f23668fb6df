"""`bot.py` in a process forked from one that has imported it, which saves two seconds of each start."""

import asyncio
import os
import runpy
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import cli.main
from media.child import process
from tests.e2e.stalls import MeasuringPolicy
from tests.forking.client import BOT, ROOT, ForkedProcess, Request, fork
from tests.forking.media_children import start_forked

FORK_MEDIA = "TEST_FORK_MEDIA"
"""The variable that lets a bot's media children be forked too."""
STALLS = "TEST_STALLS"
"""The variable that names a file for the long turns of the bot's event loop."""


async def fork_bot(
    folder: Path, environment: Mapping[str, str], log: Path, arguments: Sequence[str] = ()
) -> ForkedProcess:
    """`python bot.py ARGUMENTS` in that folder, with that environment; its output is appended to `log`."""
    with log.open("ab") as output:
        return await _fork(arguments, folder, environment, output, output)


async def run_bot(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[int, str, str]:
    """`python bot.py ARGUMENTS` to its end; returns its exit code and what it wrote, as UTF-8."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = await _fork(arguments, folder, environment, out, err)
        try:
            async with asyncio.timeout(100):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
        return code, _written(out), _written(err)


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


async def _fork(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> ForkedProcess:
    request = Request(
        function=f"{__name__}:{main.__name__}",
        arguments=[str(ROOT / "bot.py"), *arguments],
        environment=environment,
        folder=str(folder),
        descriptors=[out.fileno(), err.fileno()],
    )
    return await fork(BOT, request)


def main() -> None:
    """What a new interpreter does with these variables and arguments, in the forked process."""
    assert cli.main  # imported beforehand
    if "PYTHONWARNINGS" in os.environ:
        warnings.simplefilter("default")
    hook = Path(os.environ.get("PYTHONPATH", ""), "sitecustomize.py")
    if hook.exists():
        runpy.run_path(str(hook))
    if FORK_MEDIA in os.environ:
        process._start = start_forked
    if measured := os.environ.get(STALLS):
        asyncio.set_event_loop_policy(MeasuringPolicy(Path(measured)))
    runpy.run_path(sys.argv[0], run_name="__main__")
