"""Tells waiting jobs their position, and has servers asked again while a job waits that none can run."""

import logging
from collections.abc import Callable

from jobs.announcer import Announcer, WaitReason
from jobs.notifier import QueueNotifier
from jobs.pace import QueuePositions
from storage import Store, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # should a notification be missed


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
            since = self._notifier.mark()
            try:
                await self._look()
            except StoreError as err:
                log.error("the queue cannot be read: %s", err)

    async def _look(self) -> None:
        for each in await self._store.waiting():
            position = await self._positions.position(each.job, each.ahead)
            if self._announcer:
                self._announcer.waiting(each.job, position)
            if position.reason is WaitReason.CANNOT_RUN:
                self._look_again()
