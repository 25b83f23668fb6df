"""Wakes waiting tasks when another process changes the queue."""

import asyncio
import logging

from jobs.notifier import QueueNotifier
from storage import Store, StoreError

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0  # while the database does not answer; meanwhile everybody polls


async def pass_on_changes(store: Store, notifier: QueueNotifier) -> None:
    """Notify of each change that another process makes, until cancelled."""
    while True:
        try:
            async with store.database.changes() as changes:
                notifier.notify()  # what was changed before nobody told
                async for _ in changes:
                    notifier.notify()
        except StoreError as err:
            log.debug("changes of other processes are not told: %s", err)
        await asyncio.sleep(RETRY_SECONDS)
