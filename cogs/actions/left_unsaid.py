"""Says what a process that died, or could not reach Discord, did not: missing statuses and last words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cogs.messages.status import StatusMessages
from jobs.announcer import Announcer
from storage import Job, Store, StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
OLD_ENOUGH = 60.0  # seconds: until then whoever admitted or ended the job says it


class LeftUnsaid:
    """`run` is its task, of the gateway alone. `text_of`: the text of a job's status."""

    def __init__(
        self,
        store: Store,
        status: StatusMessages,
        announcer: Announcer,
        text_of: Callable[[Job], Awaitable[str]],
    ) -> None:
        self._store = store
        self._status = status
        self._announcer = announcer
        self._text_of = text_of

    async def run(self) -> None:
        """Look every LOOK_SECONDS until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.say(statuses_after=OLD_ENOUGH, ends_after=OLD_ENOUGH)
            except StoreError as err:
                log.error("what was not said yet cannot be read: %s", err)

    async def say(self, *, statuses_after: float, ends_after: float) -> None:
        """Post each status and say each end that is missing after so many seconds. Raises StoreError.

        None is posted twice: Discord knows each by its nonce, and the answer to a command is looked for.
        """
        for job in await self._store.without_status(after=statuses_after):
            await self._status.post_missing(job, self._text_of)
        for job in await self._store.unannounced_ends(after=ends_after):
            self._announcer.ended(job)
