"""Wakes tasks that wait for a change of the queue. The queue itself is the database."""

import asyncio
import contextlib


class QueueNotifier:
    """Notified whenever the queue changed; a notification may be missed, so waiting has a limit."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Wake every task that waits."""
        self._next.set()
        self._next = asyncio.Event()

    def mark(self) -> asyncio.Event:
        """Stands for this moment: with it `wait` misses no notification that came since."""
        return self._next

    async def wait(self, seconds: float, *, since: asyncio.Event | None = None) -> None:
        """Return at the next notification (the next one after `since`), or after this many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await (since or self._next).wait()
