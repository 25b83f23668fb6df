"""Delete the prompts of jobs that have ended from a server's history, which everybody can read there.

An end writes its row first and deletes then. What a crash, an outage or a node that ignores its interrupt
left is found again by the owner that each prompt of ours names.
"""

import asyncio
import logging
import time
from contextlib import suppress

import comfy
from jobs.server import ComputeServer
from storage import FINISHED, State, Store, StoreError

log = logging.getLogger(__name__)

MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.5, 60.0
MAX_TRIES = 10  # of one prompt, over five minutes: what is left then is found by the next sweep
SWEEP_SECONDS = 600.0
POLL_SECONDS = 15.0  # between two looks at whether the server came back
MAX_PENDING = 1000  # prompts
NO_LONGER_NEEDED = FINISHED | {State.DELIVERING}


class HistoryCleanup:
    """Deletes what `forget` names, and sweeps at start, whenever the server came back, and now and then."""

    def __init__(self, store: Store, server: ComputeServer) -> None:
        self._store = store
        self._server = server
        self._tries: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._retry_seconds = MIN_RETRY_SECONDS
        self._swept_epoch: int | None = None
        self._next_sweep = 0.0

    def forget(self, job_id: str) -> None:
        """Delete the prompt of a job that has ended, as soon as the server has stopped it."""
        if len(self._tries) < MAX_PENDING:
            self._tries[job_id] = 0
            self._retry_seconds = MIN_RETRY_SECONDS
            self._wake.set()

    async def run(self) -> None:
        """Delete for ever, as a task."""
        while True:
            while not self._server.reachable:
                await self._server.changed()
            self._wake.clear()
            await self._sweep_when_due()
            await self._delete_pending()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    def _pause(self) -> float:
        if not self._tries:
            return POLL_SECONDS
        pause, self._retry_seconds = self._retry_seconds, min(2 * self._retry_seconds, MAX_RETRY_SECONDS)
        return pause

    async def _sweep_when_due(self) -> None:
        epoch, now = self._server.connection_epoch, time.monotonic()
        if epoch == self._swept_epoch and now < self._next_sweep:
            return
        self._swept_epoch, self._next_sweep = epoch, now + SWEEP_SECONDS
        try:
            for prompt_id in await self._server.owned_history():
                if await self._is_over(prompt_id):
                    self._tries.setdefault(prompt_id, 0)
        except (comfy.ComfyError, StoreError) as err:
            log.warning("%s: its history cannot be searched for ended jobs: %s", self._server.name, err)

    async def _is_over(self, prompt_id: str) -> bool:
        """Whether nobody needs the entry: its job has ended or is gone, or it was never a job's own."""
        job = await self._store.find(prompt_id)
        return job is None or job.state in NO_LONGER_NEEDED

    async def _delete_pending(self) -> None:
        for prompt_id in list(self._tries):
            self._tries[prompt_id] += 1
            if await self._delete(prompt_id) or self._tries[prompt_id] >= MAX_TRIES:
                del self._tries[prompt_id]

    async def _delete(self, prompt_id: str) -> bool:
        """Delete the entry; whether none will come any more: one that runs still gets one at its end."""
        try:
            position = await self._server.locate(prompt_id)
        except comfy.BadAnswer:
            position = None  # there is an entry, which makes no sense
        except comfy.ComfyError as err:
            log.debug("%s: a history entry stays for now: %s", self._server.name, err)
            return False
        is_over = not isinstance(position, comfy.Pending | comfy.Running)
        return await self._server.forget(prompt_id) and is_over
