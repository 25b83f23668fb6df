"""Counts the interactions that are being handled, so that a shutdown can wait for them."""

import asyncio
import contextlib
from collections.abc import Generator


class InFlight:
    """The interactions in flight; after `close` new ones are to be refused."""

    def __init__(self) -> None:
        self.is_open = True
        self._count = 0
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def track(self) -> Generator[None]:
        """Count an interaction for as long as the block lasts."""
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            self._changed.set()

    def close(self) -> None:
        """From now on `is_open` is False: refuse new interactions."""
        self.is_open = False

    async def drained(self) -> None:
        """Return when no interaction is being handled."""
        while self._count:
            self._changed.clear()
            await self._changed.wait()
