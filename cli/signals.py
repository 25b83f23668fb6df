"""SIGINT, SIGTERM and on Windows Ctrl+Break: the first asks for a clean shutdown, the second ends at once."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator

MAX_SHUTDOWN_SECONDS = 14.0
if sys.platform == "win32":  # where no program can send the other two: SIGTERM would end the process as it is
    STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    STOPPING = (signal.SIGINT, signal.SIGTERM)


def stop_on_signal() -> asyncio.Event:
    """An event that a signal of STOPPING sets.

    A second signal, or MAX_SHUTDOWN_SECONDS after the first, ends the process at once: the next start
    continues from the database. `signal.signal` works on Windows too, `add_signal_handler` does not.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    deadline = threading.Timer(MAX_SHUTDOWN_SECONDS, os._exit, [0])
    deadline.daemon = True
    signals: list[int] = []

    def on_signal(number: int, _: object) -> None:
        signals.append(number)
        if len(signals) > 1:
            os._exit(128 + number)
        deadline.start()
        loop.call_soon_threadsafe(stop.set)

    for number in STOPPING:
        signal.signal(number, on_signal)
    return stop


@contextlib.asynccontextmanager
async def cut_short_by(stop: asyncio.Event) -> AsyncGenerator[asyncio.Timeout]:
    """End the block when the event is set; `expired()` of what is yielded tells whether that was so."""
    deadline = asyncio.timeout(None)

    async def watch() -> None:
        await stop.wait()
        deadline.reschedule(asyncio.get_running_loop().time())

    try:
        async with deadline:
            watching = asyncio.create_task(watch(), name="a stop before the start is over")
            try:
                yield deadline
            finally:
                watching.cancel()
    except TimeoutError:
        if not deadline.expired():
            raise


def ignore_signals() -> None:
    """Let no late signal change the exit code: as it ends, Python restores the default handlers."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
