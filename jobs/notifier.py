"""The bell: wakes whoever waits for a change of the queue. The queue itself is the database."""

import asyncio
import contextlib


class QueueNotifier:
    """Rung whenever the queue changed; each `wait` returns at the next ring, or when its patience ends."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Wake everybody who waits."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after this many seconds: a ring may be missed, the queue may not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._next.wait()
