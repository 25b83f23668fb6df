"""The keeper: what the queue needs done from time to time, beside all other work."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from storage.blobs.files import FileStore
from storage.errors import StoreError
from storage.job import Job
from storage.retention import (
    DAY,
    HOUR,
    Retention,
    remove_clips,
    remove_pictures,
    remove_preferences,
    remove_rows,
    shrink,
)
from storage.store import Store

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds


class Maintenance:
    """Ends jobs that waited too long, copies the database, removes what is old.

    `on_expired` tells a job's person that it has ended. A chore that fails is tried again in its turn.
    """

    def __init__(
        self, store: Store, files: FileStore, retention: Retention, on_expired: Callable[[Job], None]
    ) -> None:
        self._store = store
        self._files = files
        self._retention = retention
        self._on_expired = on_expired

    async def run(self) -> None:
        """Work for ever; cancel it to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_every(MINUTE, self.expire), name="expiry of jobs")
            tasks.create_task(_every(HOUR, self.back_up), name="backups")
            tasks.create_task(_every(HOUR, self.apply_retention), name="retention")

    async def expire(self) -> None:
        """End the jobs that waited too long."""
        while expired := await self._store.expire():
            for job in expired:
                log.info("job %s: waited too long", job.id)
                self._on_expired(job)

    async def back_up(self) -> None:
        """Copy the database into the folder `backups` beside it, about once an hour; the newest are kept."""
        database = self._store.database
        folder = database.path.parent / "backups"
        if self._retention.backups and await asyncio.to_thread(_is_due, folder):
            await database.copy_to(folder / time.strftime("animate-%Y%m%d-%H%M%S.db", time.gmtime()))
        await asyncio.to_thread(_keep_newest, folder, self._retention.backups)

    async def apply_retention(self) -> None:
        """Remove what is older than the retention allows."""
        database, now, keep = self._store.database, time.time(), self._retention
        await remove_rows(database, now - keep.rows * DAY)
        await remove_preferences(database, now)
        await remove_clips(database, self._files, now - keep.clips * DAY)
        await remove_pictures(database, self._files, before=now - keep.pictures * DAY, now=now)
        await shrink(database)


async def _every(seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await chore()
        except (StoreError, OSError) as err:
            log.error("%s is left for later: %s", chore.__qualname__, err)
        await asyncio.sleep(seconds)


def _backups(folder: Path) -> list[Path]:
    """The copies, oldest first."""
    folder.mkdir(exist_ok=True)
    return sorted(folder.glob("animate-[0-9]*.db"))


def _is_due(folder: Path) -> bool:
    """Also after a restart there is no need for a second one within the hour."""
    return all(time.time() - path.stat().st_mtime > HOUR / 2 for path in _backups(folder))


def _keep_newest(folder: Path, number: int) -> None:
    backups = _backups(folder)
    for path in backups[: max(len(backups) - number, 0)]:
        path.unlink(missing_ok=True)
