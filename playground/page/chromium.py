"""Starts a Chromium with an empty profile, and reads where its DevTools listen."""

import asyncio
import contextlib
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from typing import cast

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
START_TIMEOUT = 30.0
"""Seconds that a browser may take until it listens."""


class BrowserFailed(Exception):
    """Chromium did not start, or the page's script raised; the message is its output."""


def find_chromium() -> str | None:
    """Where a Chromium is installed on this machine, if one is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def running(chromium: str) -> AsyncGenerator[str]:
    """The address of a new browser's DevTools."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            chromium, *FLAGS, f"--user-data-dir={profile}", stdout=DEVNULL, stderr=PIPE
        )
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(_read_log(process, address), name="browser's log")
        try:
            async with asyncio.timeout(START_TIMEOUT):
                found = await address
            yield found
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await reading


async def _read_log(process: asyncio.subprocess.Process, address: asyncio.Future[str]) -> None:
    """Find the address in the browser's output; read on to its end, since a full pipe would block it."""
    log, said = cast(asyncio.StreamReader, process.stderr), ""
    while line := (await log.readline()).decode(errors="replace"):
        if address.done():
            continue
        said += line
        if found := re.search(r"DevTools listening on (ws://\S+)", line):
            address.set_result(found[1])
    await process.wait()
    if not address.done():
        address.set_exception(BrowserFailed(said))
