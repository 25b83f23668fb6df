"""Watch a server's queue: prompts of other clients, and jobs of ours that do not stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from comfy.errors import ComfyError
from comfy.protocol.queue import ServerQueue
from comfy.protocol.responses import Running

log = logging.getLogger(__name__)

DEBOUNCE_SECONDS = 0.2  # a job changes the queue several times in a row


class QueueMonitor:
    """Reads the queue whenever it changed; `run` is its task. `others`: how many prompts are not ours."""

    def __init__(
        self,
        read_queue: Callable[[], Awaitable[ServerQueue]],
        on_change: Callable[[], None],
        *,
        owner: str,
        poll_seconds: float,
    ) -> None:
        """While there are others, or a job that does not stop, it also polls every `poll_seconds`."""
        self.others = 0
        self._read_queue = read_queue
        self._on_change = on_change
        self._owner = owner
        self._poll_seconds = poll_seconds
        self._interrupted: set[str] = set()
        self._stale = asyncio.Event()

    @property
    def stuck(self) -> bool:
        """Whether a job ignores its interrupt: what is submitted now would wait behind it."""
        return bool(self._interrupted)

    def changed(self) -> None:
        """Read the queue again soon."""
        self._stale.set()

    def interrupted(self, prompt_id: str) -> None:
        """Record that this running job was interrupted."""
        self._interrupted.add(prompt_id)
        self.changed()

    async def poll(self) -> None:
        """Read the queue now. Raises what a request to the server raises."""
        queue = await self._read_queue()
        before = self.others, self.stuck
        self.others = queue.others(self._owner)
        self._interrupted = {each for each in self._interrupted if isinstance(queue.find(each), Running)}
        if before != (self.others, self.stuck):
            self._on_change()

    async def run(self) -> None:
        """Read the queue after every change, and poll it while somebody occupies the server."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds if self.others or self.stuck else None):
                    await self._stale.wait()
            await asyncio.sleep(DEBOUNCE_SECONDS)
            self._stale.clear()
            try:
                await self.poll()
            except ComfyError as err:
                log.debug("the queue cannot be read: %s", err)
