"""Periodic maintenance: expire waiting jobs, back up the database, apply retention."""

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
    """Runs the periodic tasks; one that fails is logged and runs again at its next time.

    `on_expired` is called with each job that expired, to announce its end.
    """

    def __init__(
        self, store: Store, files: FileStore, retention: Retention, on_expired: Callable[[Job], None]
    ) -> None:
        self._store = store
        self._files = files
        self._retention = retention
        self._on_expired = on_expired

    async def run(self) -> None:
        """Run all tasks until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_every(MINUTE, self.expire), name="expiry of jobs")
            tasks.create_task(_every(HOUR, self.back_up), name="backups")
            tasks.create_task(_every(HOUR, self.apply_retention), name="retention")

    async def expire(self) -> None:
        """End the jobs that waited longer than `QueueLimits.longest_wait`."""
        while expired := await self._store.expire():
            for job in expired:
                log.info("job %s: waited too long", job.id)
                self._on_expired(job)

    async def back_up(self) -> None:
        """Copy the database into `backups/` beside it unless a recent copy exists; keep the newest copies."""
        database = self._store.database
        folder = database.path.parent / "backups"
        if self._retention.backups and await asyncio.to_thread(_is_due, folder):
            await database.copy_to(folder / time.strftime("animate-%Y%m%d-%H%M%S.db", time.gmtime()))
        await asyncio.to_thread(_keep_newest, folder, self._retention.backups)

    async def apply_retention(self) -> None:
        """Remove rows, pictures and clips that are older than the retention allows."""
        database, now, keep = self._store.database, time.time(), self._retention
        await remove_rows(database, now - keep.rows * DAY)
        await remove_preferences(database, now)
        await remove_clips(database, self._files, now - keep.clips * DAY)
        await remove_pictures(database, self._files, before=now - keep.pictures * DAY, now=now)
        await shrink(database)


async def _every(seconds: float, task: Callable[[], Awaitable[None]]) -> None:
    """Run the task for ever, `seconds` after each end."""
    while True:
        try:
            await task()
        except (StoreError, OSError) as err:
            log.error("%s is left for later: %s", task.__qualname__, err)
        await asyncio.sleep(seconds)


def _backups(folder: Path) -> list[Path]:
    """The copies in the folder, oldest first."""
    folder.mkdir(exist_ok=True)
    return sorted(folder.glob("animate-[0-9]*.db"))


def _is_due(folder: Path) -> bool:
    """Whether no copy is younger than half an hour, also across a restart."""
    return all(time.time() - path.stat().st_mtime > HOUR / 2 for path in _backups(folder))


def _keep_newest(folder: Path, number: int) -> None:
    """Remove all but the newest `number` copies."""
    backups = _backups(folder)
    for path in backups[: max(len(backups) - number, 0)]:
        path.unlink(missing_ok=True)
