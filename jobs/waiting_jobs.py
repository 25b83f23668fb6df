"""Tells waiting jobs their position, and has servers asked again while a job waits that none can run."""

import asyncio
import logging
import time
from collections.abc import Callable

from jobs.announcer import Announcer, WaitReason
from jobs.notifier import QueueNotifier
from jobs.pace import QueuePositions
from storage import Store, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # should a notification be missed
MAX_REST_SECONDS = 1.0  # after a look, which rests as long as it took: a long queue has many notifications


class WaitingJobs:
    """`run` is its task.

    `announcer`: tells the positions, None where another process does; `look_again`: asks the servers of this
    process what they can run.
    """

    def __init__(
        self,
        store: Store,
        positions: QueuePositions,
        notifier: QueueNotifier,
        *,
        announcer: Announcer | None,
        look_again: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._positions = positions
        self._notifier = notifier
        self._announcer = announcer
        self._look_again = look_again

    async def run(self) -> None:
        """Tell each waiting job's position whenever the queue or a server may have changed."""
        since = self._notifier.mark()
        while True:
            await self._notifier.wait(POLL_SECONDS, since=since)
            since, began = self._notifier.mark(), time.monotonic()
            try:
                await self._look()
            except StoreError as err:
                log.error("the queue cannot be read: %s", err)
            await asyncio.sleep(min(time.monotonic() - began, MAX_REST_SECONDS))

    async def _look(self) -> None:
        facts = await self._positions.facts()
        for each in await self._store.waiting():
            if self._announcer:
                position = await self._positions.position(each.job, each.ahead, facts)
                self._announcer.waiting(each.job, position)
            if self._positions.reason(each.job, facts) is WaitReason.CANNOT_RUN:
                self._look_again()
