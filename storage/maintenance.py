"""Periodic maintenance: expire waiting jobs, back up the database, apply retention."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from storage.blobs.blobs import Blobs
from storage.blobs.removal import remove_all
from storage.chores import ChoreFailure, Chores
from storage.job import Job
from storage.retention import (
    DAY,
    HOUR,
    Retention,
    remove_clips,
    remove_left_guilds,
    remove_pictures,
    remove_preferences,
    remove_rows,
)
from storage.sqlite.copies import (
    BEFORE_RESTORE,
    BEFORE_UPDATE,
    all_copies,
    backup_folder,
    files_of,
    timestamp,
)
from storage.sqlite.database import SqliteDatabase
from storage.store import Store

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds
KEPT_COPIES_DAYS = 30.0  # what was there before an update or a restore


class Maintenance:
    """Runs the periodic chores, each on its own: one that fails stops no other and is run again later.

    `on_expired` is called with each job that expired, to announce its end.
    """

    def __init__(
        self, store: Store, files: Blobs, retention: Retention, on_expired: Callable[[Job], None]
    ) -> None:
        self._store = store
        self._files = files
        self._retention = retention
        self._on_expired = on_expired
        self._chores = Chores(failure_record(store.database.folder))

    @property
    def failures(self) -> Mapping[str, ChoreFailure]:
        """The chores that failed when they were run last, by name."""
        return self._chores.failures

    async def run(self) -> None:
        """Run all chores until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._every(MINUTE, self.expire), name="expiry of jobs")
            tasks.create_task(self._every(HOUR, self.back_up), name="backups")
            tasks.create_task(self._every(HOUR, self.apply_retention), name="retention")

    async def expire(self) -> None:
        """End the jobs that waited longer than `QueueLimits.longest_wait`."""
        while expired := await self._store.expire():
            for job in expired:
                log.info("job %s: waited too long", job.id)
                self._on_expired(job)

    async def back_up(self) -> None:
        """Copy the database into `backups/` beside it unless a recent copy exists; keep the newest copies.

        Copies of a server's database are the business of who runs the server.
        """
        database = self._store.database
        if not isinstance(database, SqliteDatabase):
            return
        folder = backup_folder(database.path)
        if self._retention.backups and await asyncio.to_thread(_is_due, folder):
            await database.copy_to(folder / f"animate-{timestamp()}.db")
        await asyncio.to_thread(_keep_newest, folder, self._retention.backups)

    async def apply_retention(self) -> None:
        """Remove rows, drafts, pictures, clips and scratch that are older than the retention allows."""
        database, now, keep = self._store.database, time.time(), self._retention

        async def rows() -> None:
            await remove_rows(database, now - keep.rows * DAY)

        async def left_guilds() -> None:
            if number := await remove_left_guilds(database, self._files, now - keep.left_guilds * DAY):
                log.info("%d guilds that the bot left long ago are removed", number)

        chores: Mapping[str, Callable[[], Awaitable[None]]] = {
            "the retention of rows": rows,
            "the retention of guilds left": left_guilds,
            "the retention of people": lambda: remove_preferences(database, now),
            "the retention of drafts": self._store.remove_old_drafts,
            "the retention of clips": lambda: remove_clips(database, self._files, now - keep.clips * DAY),
            "the retention of pictures": lambda: remove_pictures(
                database, self._files, before=now - keep.pictures * DAY, now=now
            ),
            "the sweeping of scratch": self._files.remove_old_scratch,
            "the retention of erasures": lambda: self._store.remove_old_erasures(now - keep.rows * DAY),
            "the retention of the audit": lambda: self._store.remove_old_records(now - keep.rows * DAY),
            "the shrinking of the database": database.discard_deleted,
        }
        for name, chore in chores.items():
            await self._chores.run(name, chore)

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
        """Run the chore for ever, `seconds` after each end."""
        while True:
            await self._chores.run(chore.__name__, chore)
            await asyncio.sleep(seconds)


def failure_record(folder: Path) -> Path:
    """The file beside the database that holds the chores which failed (see `read_failures`)."""
    return folder / "failures.json"


def backups_in(folder: Path) -> list[Path]:
    """The copies in the folder, oldest first."""
    return sorted(path for path in folder.glob("animate-[0-9]*.db") if path.is_file())


def backup_times(folder: Path) -> list[float]:
    """The Unix times of all copies in the folder, those of an update or restore too, oldest first."""
    return sorted(path.stat().st_mtime for path in all_copies(folder))


def _is_due(folder: Path) -> bool:
    """Whether no copy is younger than half an hour, also across a restart; one from the future is none."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return all(abs(time.time() - path.stat().st_mtime) > HOUR / 2 for path in backups_in(folder))


def _keep_newest(folder: Path, number: int) -> None:
    """Remove all but the newest `number` copies, and what was left half-written. Raises FilesLeft."""
    folder.mkdir(mode=0o700, exist_ok=True)
    backups = backups_in(folder)
    old = [*backups[: max(len(backups) - number, 0)], *_old_copies(folder)]
    remove_all([*old, *folder.glob("*.part*")])


def _old_copies(folder: Path) -> list[Path]:
    """The files of copies of before an update or a restore that are older than KEPT_COPIES_DAYS."""
    before = time.time() - KEPT_COPIES_DAYS * DAY
    kinds = (BEFORE_UPDATE, BEFORE_RESTORE)
    old = [path for kind in kinds for path in folder.glob(f"{kind}-*.db") if path.stat().st_mtime < before]
    return [each for path in old for each in files_of(path)]
