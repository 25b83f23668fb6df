"""Takes up what whoever runs the bot changes beside it, by another connection to the database."""

import asyncio
import logging

from jobs.announcer import Announcer
from jobs.notifier import QueueNotifier
from storage import Notice, Pause, State, Store, StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5


class OperatorChanges:
    """Applies limits, announces ends, and has waiting jobs say what holds now: a pause, a notice.

    `announcer`: None for a worker. `alone`: else the process that has a job says what becomes of it.
    """

    def __init__(
        self, store: Store, announcer: Announcer | None, notifier: QueueNotifier, *, alone: bool = True
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._alone = alone
        self._notifier = notifier
        self._version = -1
        self._pause: Pause | None = None
        self._notice: Notice | None = None
        self._error = ""

    async def run(self) -> None:
        """Look every LOOK_SECONDS until cancelled; an error of the database is logged when it begins."""
        while True:
            try:
                await self.look()
                self._error = ""
            except StoreError as err:
                if str(err) != self._error:
                    log.error("what is set beside the bot cannot be read: %s", err)
                self._error = str(err)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Take up what has changed, or has become over, since it was called last. Raises StoreError."""
        version = await self._store.database.version()
        if version != self._version:
            await self._read()
            self._version = version
        elif not self._is_over(self._pause) and not self._is_over(self._notice):
            return
        await self._read_words()
        self._notifier.notify()

    def _is_over(self, words: Pause | Notice | None) -> bool:
        return words is not None and words.until is not None and words.until <= self._store.now()

    async def _read(self) -> None:
        await self._store.read_limits()
        if self._announcer is None:
            return
        for job in await self._store.being_stopped():
            if self._alone:
                self._announcer.cancelling(job)
        for job in await self._store.unannounced_ends():
            # Whoever ends a job in another way announces it.
            if job.state is State.CANCELLED and (self._alone or job.started_at is None):
                self._announcer.ended(job)

    async def _read_words(self) -> None:
        """Read what waiting jobs say, and log where a pause begins or ends."""
        pause, self._notice = await self._store.pause(), await self._store.notice()
        if pause != self._pause:
            log.info("no longer paused" if pause is None else "paused: running jobs go on, no other is begun")
        self._pause = pause
