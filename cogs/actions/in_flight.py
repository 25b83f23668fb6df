"""Counts the interactions that are being answered, so that shutting down can wait for them."""

import asyncio
import contextlib
from collections.abc import Generator


class InFlight:
    """Open until `close`; then new interactions are refused, and those begun before are waited for."""

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
        """Take no more interactions."""
        self.is_open = False

    async def drained(self) -> None:
        """Return when every interaction has been answered."""
        while self._count:
            self._changed.clear()
            await self._changed.wait()
