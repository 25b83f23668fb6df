"""A rate limiter whose free slots go to the most urgent of those who wait."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

RECHECK_SECONDS = 1.0  # `kept_free` may have changed meanwhile


class Priority(IntEnum):
    """Whose request goes first where Discord's rate limits let only some through: the smallest."""

    RESULT = 0
    STATUS = 1
    """The first words about a job, and its end."""
    OTHER = 2
    PROGRESS = 3
    COURTESY = 4
    """Answers that cost people nothing to ask for, like those to reactions."""


class RateLimiter:
    """Lets at most `calls` requests through in any `seconds`, counted from their answers.

    A request that starts after the answer of another one plus `seconds` reaches the other side at least
    `seconds` after it, whatever the network does.
    """

    def __init__(
        self, calls: int, seconds: float, *, kept_free: Callable[[Priority], int] = lambda _: 0
    ) -> None:
        """`kept_free`: how many slots requests of that priority leave free for more urgent ones."""
        self.calls = calls
        self.seconds = seconds
        self._kept_free = kept_free
        self._in_use = 0
        self._free_at = deque[float]()  # released slots, on the loop's clock
        self._paused_until = 0.0
        self._waiting: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a slot and all are free."""
        return not self._waiting and self._free(asyncio.get_running_loop().time()) == self.calls

    async def acquire(self, priority: Callable[[], Priority]) -> "Slot":
        """Wait for a slot. The smallest priority wins; it is asked whenever a slot is free: it may change."""
        waiter = _Waiter(priority, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._grant()
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            if not waiter.granted.cancelled():  # granted in the same moment
                self._in_use -= 1
                self._grant()
            raise
        return Slot(self)

    def pause(self, seconds: float) -> None:
        """Grant nothing for that long."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    def release(self) -> None:
        """Count `seconds` from now until a slot in use is free again. Called by its Slot."""
        self._in_use -= 1
        self._free_at.append(asyncio.get_running_loop().time() + self.seconds)
        self._grant()

    def abandon(self) -> None:
        """Free a slot in use at once: nothing was sent. Called by its Slot."""
        self._in_use -= 1
        self._grant()

    def _free(self, now: float) -> int:
        while self._free_at and self._free_at[0] <= now:
            self._free_at.popleft()
        return self.calls - self._in_use - len(self._free_at)

    def _grant(self) -> None:
        """Give free slots to those who wait, and look again when the next one is free."""
        now = asyncio.get_running_loop().time()
        while self._waiting and now >= self._paused_until:
            first = min(self._waiting, key=lambda waiter: waiter.priority())
            if self._free(now) <= self._kept_free(first.priority()):
                break
            self._waiting.remove(first)
            if not first.granted.done():
                self._in_use += 1
                first.granted.set_result(None)
        self._look_again(now)

    def _look_again(self, now: float) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            free_at = self._free_at[0] if self._free_at else now + RECHECK_SECONDS
            due = max(self._paused_until, min(free_at, now + RECHECK_SECONDS))
            self._timer = asyncio.get_running_loop().call_at(due, self._grant)


class Slot:
    """One slot of a RateLimiter, in use until it is released or abandoned; both are harmless to repeat."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._in_use = True

    def release(self) -> None:
        """The request was answered, or nobody knows whether it was sent."""
        if self._in_use:
            self._in_use = False
            self._limiter.release()

    def abandon(self) -> None:
        """There was no request."""
        if self._in_use:
            self._in_use = False
            self._limiter.abandon()


@dataclass(slots=True, eq=False)
class _Waiter:
    priority: Callable[[], Priority]
    granted: asyncio.Future[None]
