"""The circuit breaker: a server that breaks one job after another gets a rest and is then tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from comfy.errors import ComfyError

log = logging.getLogger(__name__)

FAULTS_IN_A_ROW = 3
LONGEST_REST = 600.0  # seconds


class Breaker:
    """Opens after faults of different jobs in a row; half open after a rest and a look at the server.

    Half open it lets jobs through: the next fault opens it for twice as long, a success closes it.
    """

    def __init__(
        self, look: Callable[[], Awaitable[object]], on_change: Callable[[], None], *, rest: float
    ) -> None:
        """`look` raises ComfyError while the server is not well; `rest` is in seconds."""
        self._look = look
        self._on_change = on_change
        self._shortest = self._rest = rest
        self._opened = asyncio.Event()
        self._faulty: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether the server is to be left alone."""
        return self._opened.is_set()

    def succeed(self) -> None:
        """A job ended well."""
        self._faulty.clear()
        self._rest = self._shortest

    def fail(self, prompt_id: str) -> None:
        """A job met a fault of the server; one job counts once."""
        self._faulty.add(prompt_id)
        if len(self._faulty) >= FAULTS_IN_A_ROW and not self.is_open:
            log.warning("%d jobs failed in a row: no more for %g s", len(self._faulty), self._rest)
            self._opened.set()
            self._on_change()

    async def run(self) -> None:
        """Half open it after each rest; its task."""
        while True:
            await self._opened.wait()
            await asyncio.sleep(self._rest)
            self._rest = min(2 * self._rest, LONGEST_REST)
            try:
                await self._look()
            except ComfyError as err:
                log.warning("still not well: %s", err)
                continue
            self._opened.clear()
            self._on_change()
