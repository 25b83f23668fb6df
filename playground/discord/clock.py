"""A clock that tests can move forward, and calls that are due at a time on it."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970. `advance` moves it ahead and runs what became due."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Seconds since 1970, with what `advance` added."""
        return time.time() + self._ahead

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Call `do` once the clock shows `when`; `close` forgets it."""
        heapq.heappush(self._due, (when, next(self._order), do))
        self._arm()

    def advance(self, seconds: float) -> None:
        """Move the clock forward and call what has become due."""
        self._ahead += seconds
        self._run_due()

    def close(self) -> None:
        """Drop all that is still due."""
        self._due.clear()
        self._disarm()

    def _run_due(self) -> None:
        while self._due and self._due[0][0] <= self.now():
            heapq.heappop(self._due)[2]()
        self._arm()

    def _arm(self) -> None:
        self._disarm()
        if self._due:
            delay = max(0.0, self._due[0][0] - self.now())
            self._timer = asyncio.get_running_loop().call_later(delay, self._run_due)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
