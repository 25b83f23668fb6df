"""How long the bot's event loop is kept from its next turn, measured in the bot's own process."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

KEPT_SECONDS = 0.01  # shorter ones are only counted


class MeasuringLoop(asyncio.SelectorEventLoop):
    """Writes, as it is closed, the turns that took long.

    Of each: when it ended, how long it took, and the CPU time of the process and of its own thread meanwhile:
    on a machine with other work a turn takes long without fault of its own.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._long: list[tuple[float, float, float, float]] = []
        self._turns = 0
        self._began = (time.monotonic(), time.process_time(), time.thread_time())
        selector = self._selector  # type: ignore[attr-defined]
        self._select: Callable[[float | None], object] = selector.select
        selector.select = self._wait

    def _wait(self, timeout: float | None = None) -> object:
        now = (time.monotonic(), time.process_time(), time.thread_time())
        wall, process, thread = (each - began for each, began in zip(now, self._began, strict=True))
        self._turns += 1
        if wall > KEPT_SECONDS:
            self._long.append((time.time(), wall, process, thread))
        found = self._select(timeout)
        self._began = (time.monotonic(), time.process_time(), time.thread_time())
        return found

    def close(self) -> None:
        """Close it, and write what was measured."""
        if not self.is_closed():
            self._file.write_text(json.dumps({"turns": self._turns, "long": self._long}), encoding="ascii")
        super().close()


class MeasuringPolicy(asyncio.DefaultEventLoopPolicy):
    """Makes loops that measure."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Open a loop that measures."""
        return MeasuringLoop(self._file)
