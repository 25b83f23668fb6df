"""The circuit breaker: a server on which several jobs in a row fail gets no jobs for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from comfy.errors import ComfyError

log = logging.getLogger(__name__)

MAX_FAILURES = 3  # of different jobs, in a row
MAX_RESET_TIMEOUT = 600.0  # seconds


class CircuitBreaker:
    """Opens after MAX_FAILURES; half open after the reset timeout, if a probe of the server succeeds.

    Half open it lets jobs through: the next failure opens it for twice as long, a success closes it.
    """

    def __init__(
        self, probe: Callable[[], Awaitable[object]], on_change: Callable[[], None], *, reset_timeout: float
    ) -> None:
        """`probe` raises ComfyError while the server is not well; `reset_timeout` is in seconds."""
        self._probe = probe
        self._on_change = on_change
        self._first_timeout = self._timeout = reset_timeout
        self._opened = asyncio.Event()
        self._failed: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether the server is to be given no jobs."""
        return self._opened.is_set()

    def succeed(self) -> None:
        """Record that a job ended well: the count starts again."""
        self._failed.clear()
        self._timeout = self._first_timeout

    def fail(self, prompt_id: str) -> None:
        """Record a failure by a fault of the server; one job counts once."""
        self._failed.add(prompt_id)
        if len(self._failed) >= MAX_FAILURES and not self.is_open:
            log.warning("%d jobs failed in a row: no more for %g s", len(self._failed), self._timeout)
            self._opened.set()
            self._on_change()

    async def run(self) -> None:
        """Turn it from open to half open after each reset timeout, as a task."""
        while True:
            await self._opened.wait()
            await asyncio.sleep(self._timeout)
            self._timeout = min(2 * self._timeout, MAX_RESET_TIMEOUT)
            try:
                await self._probe()
            except ComfyError as err:
                log.warning("still not well: %s", err)
                continue
            self._opened.clear()
            self._on_change()
