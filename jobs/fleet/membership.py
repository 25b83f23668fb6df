"""This process among those of the fleet: its heartbeats, and what it may conclude from those of others."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator

from jobs.notifier import QueueNotifier
from storage import ALIVE_SECONDS, BEAT_SECONDS, Store, StoreError, WorkerRecord

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0  # while the database does not answer
LEAVE_TIMEOUT = 3.0  # seconds


class Membership:
    """Beats every BEAT_SECONDS; `run` is its task. `alone`: no other process can work with this database."""

    def __init__(self, store: Store, record: WorkerRecord, notifier: QueueNotifier, *, alone: bool) -> None:
        self._store = store
        self.record = record
        self.alone = alone
        self._notifier = notifier
        self._beats_since: float | None = None  # on the monotonic clock: since when none failed
        self.draining = False

    @property
    def sees_others(self) -> bool:
        """Whether another process without heartbeats is dead: the database took all of ours that long."""
        return self.alone or (
            self._beats_since is not None and time.monotonic() - self._beats_since >= ALIVE_SECONDS
        )

    async def beat(self) -> None:
        """Say that this process lives. Raises StoreError."""
        begin = time.monotonic()
        try:
            draining = await self._store.beat(self.record)
        except StoreError:
            self._beats_since = None
            raise
        if time.monotonic() - begin > BEAT_SECONDS:
            self._beats_since = None  # others could not tell of themselves either
        self._beats_since = self._beats_since or begin
        if draining != self.draining:
            log.info("%s: %s", self.record.name, "drains: no new job" if draining else "takes jobs again")
            self.draining = draining
            self._notifier.notify()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat()
                await asyncio.sleep(BEAT_SECONDS)
            except StoreError as err:
                log.warning("%s: its heartbeat is not taken: %s", self.record.name, err)
                await asyncio.sleep(RETRY_SECONDS)


@contextlib.asynccontextmanager
async def open_membership(
    store: Store, record: WorkerRecord, notifier: QueueNotifier, *, alone: bool
) -> AsyncGenerator[Membership]:
    """Write the row of this process; at the end of the block others may go on with its jobs at once.

    Raises StoreError.
    """
    await store.join_fleet(record)
    try:
        yield Membership(store, record, notifier, alone=alone)
    finally:
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT):
                await store.leave_fleet(record)
