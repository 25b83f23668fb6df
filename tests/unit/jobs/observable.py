"""What the scripted implementations share: a test can wait until one of them has come to some point."""

import asyncio
from collections.abc import Callable

TEST_TIMEOUT = 5.0  # seconds: nothing here takes as long unless it is broken


class Observable:
    """Something whose changes can be waited for."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Let every condition be looked at again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return as soon as the condition holds; raises TimeoutError."""
        async with asyncio.timeout(TEST_TIMEOUT):
            while not condition():
                await self._changed.wait()


class Hold:
    """A step of a script that lasts until `release`; `reached` is set when the script has come to it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let the script go on."""
        self._released.set()

    async def wait(self, *, unless: asyncio.Event | None = None) -> None:
        """Return when it is released, or when `unless` is set."""
        self.reached.set()
        waits = [asyncio.create_task(each.wait()) for each in (self._released, unless) if each]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
