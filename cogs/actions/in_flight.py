"""The door: open while the bot takes wishes; who is inside when it closes still gets an answer."""

import asyncio
import contextlib
from collections.abc import Generator


class InFlight:
    """Closed once, at the end."""

    def __init__(self) -> None:
        self.is_open = True
        self._inside = 0
        self._left = asyncio.Event()

    @contextlib.contextmanager
    def track(self) -> Generator[None]:
        """While somebody is being answered."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._left.set()

    def close(self) -> None:
        """Take no more wishes."""
        self.is_open = False

    async def drained(self) -> None:
        """Return when everybody has been answered."""
        while self._inside:
            self._left.clear()
            await self._left.wait()
