"""Who occupies a server: prompts of others, and a job of ours that does not stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from comfy.errors import ComfyError
from comfy.protocol.queue import ServerQueue
from comfy.protocol.responses import Running

log = logging.getLogger(__name__)

TOGETHER = 0.2  # seconds; a job's changes of the queue come in bursts


class QueueMonitor:
    """Looks at the queue whenever it changed; `run` is its task.

    `others`: how many prompts in the queue are not ours. `stuck`: a job that we stopped still runs.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[ServerQueue]],
        on_change: Callable[[], None],
        *,
        owner: str,
        quiet: float,
    ) -> None:
        """Without news it looks again every `quiet` seconds while somebody is there."""
        self.others = 0
        self._look = look
        self._on_change = on_change
        self._owner = owner
        self._quiet = quiet
        self._stopped: set[str] = set()
        self._stale = asyncio.Event()

    @property
    def stuck(self) -> bool:
        """Whether a node is deaf to our interrupt: what is submitted now would wait behind it."""
        return bool(self._stopped)

    def look_again(self) -> None:
        """The queue has changed."""
        self._stale.set()

    def stop(self, prompt_id: str) -> None:
        """That running job was interrupted."""
        self._stopped.add(prompt_id)
        self.look_again()

    async def look(self) -> None:
        """Count anew. Raises what asking the server raises."""
        backlog = await self._look()
        before = self.others, self.stuck
        self.others = backlog.others(self._owner)
        self._stopped = {each for each in self._stopped if isinstance(backlog.find(each), Running)}
        if before != (self.others, self.stuck):
            self._on_change()

    async def run(self) -> None:
        """Look after every change, and again while somebody is there."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._quiet if self.others or self.stuck else None):
                    await self._stale.wait()
            await asyncio.sleep(TOGETHER)
            self._stale.clear()
            try:
                await self.look()
            except ComfyError as err:
                log.debug("the queue cannot be read: %s", err)
