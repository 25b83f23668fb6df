"""Returns jobs to the queue whose process died, and that no server which lives can go on with."""

import asyncio
import logging

from jobs.announcer import Announcer, RequeueReason
from jobs.fleet.membership import Membership
from jobs.notifier import QueueNotifier
from storage import State, Store, StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0


class Orphans:
    """`run` is its task, of one process alone: that which tells waiting jobs their position."""

    def __init__(
        self, store: Store, membership: Membership, announcer: Announcer, notifier: QueueNotifier
    ) -> None:
        self._store = store
        self._membership = membership
        self._announcer = announcer
        self._notifier = notifier

    async def run(self) -> None:
        """Look every LOOK_SECONDS until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StoreError as err:
                log.error("the jobs of dead processes cannot be returned to the queue: %s", err)

    async def look(self) -> None:
        """Return them, where it is known who lives. Raises StoreError."""
        if not self._membership.sees_others:
            return
        for job in await self._store.requeue_orphans(beside=self._membership.record.servers):
            log.warning("job %s: nobody goes on with it on %s: it waits again", job.id, job.server)
            if job.state is State.QUEUED:
                self._announcer.requeued(job, RequeueReason.SERVER_UNREACHABLE)
            else:
                self._announcer.ended(job)
            self._notifier.notify()
