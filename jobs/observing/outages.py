"""Since when servers are away: one warning for each long absence, one line when it is over."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from jobs.server import ComputeServer

log = logging.getLogger(__name__)


class Outages:
    """Watches whether servers answer; `run` is its task.

    `warn_seconds`: after which absence it is logged. Times are Unix seconds, read from `now`.
    """

    def __init__(
        self, servers: Sequence[ComputeServer], *, warn_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        self._servers = servers
        self._warn_seconds = warn_seconds
        self._now = now
        self._since = {server.name: now() for server in servers if not server.reachable}

    def since(self, name: str) -> float | None:
        """Since when the server with that name does not answer; None while it does."""
        return self._since.get(name)

    async def run(self) -> None:
        """Watch all servers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for server in self._servers:
                tasks.create_task(self._watch(server), name=f"absence of {server.name}")

    async def _watch(self, server: ComputeServer) -> None:
        while True:
            while server.reachable:
                await server.changed()
            since = self._since.setdefault(server.name, self._now())
            warned = await self._wait_for_return(server)
            self._since.pop(server.name, None)
            if warned:
                log.info("%s: back after %s", server.name, _minutes(self._now() - since))

    async def _wait_for_return(self, server: ComputeServer) -> bool:
        """Wait until it answers again; returns whether its absence was long enough for the warning."""
        try:
            async with asyncio.timeout(self._warn_seconds):
                await _return(server)
            return False
        except TimeoutError:
            reason = server.unavailable_reason
            log.warning(
                "%s: away for %s (%s): jobs wait for it. Is ComfyUI started, and does its address answer "
                "from here? `bot.py doctor` says more",
                server.name,
                _minutes(self._warn_seconds),
                reason.value if reason else "unreachable",
            )
        await _return(server)
        return True


async def _return(server: ComputeServer) -> None:
    while not server.reachable:
        await server.changed()


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
