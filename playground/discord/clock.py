"""A clock that tests can move forward, and calls that are due at a time on it."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Clock:
    """Seconds since 1970. `advance` moves it ahead and runs what became due; `stopped` holds it."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopped_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Seconds since 1970, with what `advance` added."""
        return (time.time() if self._stopped_at is None else self._stopped_at) + self._ahead

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Let no time pass by itself until the block ends."""
        self._stopped_at = time.time()
        try:
            yield
        finally:
            self._stopped_at = None
            self._run_due()

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
