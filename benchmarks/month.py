"""A month of a busy bot in minutes: what disk, memory, retention, backups and vacuum come to.

`python -m benchmarks.month [--quick]`: 10,000 jobs of 400 people in 12 guilds go through the real store and
its folders, 30 days one after another. After each day the chores run, then all that is stored becomes a day
older. Clips are 40 kB of noise, not the megabytes of real ones: their number times their size is what grows.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.queue import PARAMS
from storage import (
    BlobLocation,
    Blobs,
    Maintenance,
    Request,
    Retention,
    State,
    Store,
    open_blobs,
    open_store,
    vacuum,
)

DAY = 86400.0
DAYS, JOBS, QUICK_JOBS = 30, 10_000, 600
PEOPLE, GUILDS = 400, 12
PICTURE_BYTES, CLIP_BYTES = 60_000, 40_000
JOBS_PER_PICTURE = 3
SHOWN = 5  # days between two lines of the table
TIMES = {
    "job": ("moved_at", "created_at", "started_at", "finished_at"),
    "event": ("at",),
    "person": ("asked_at",),
    "blob": ("saved_at",),
}


class Month:
    """The store, its folders and its chores, with the figures of each day."""

    def __init__(self, folder: Path, store: Store, files: Blobs) -> None:
        self._folder = folder
        self._store = store
        self._files = files
        self._maintenance = Maintenance(store, files, Retention(), lambda _: None)
        self._random = random.Random(7)  # noqa: S311 - the same month each time
        self._picture = ""
        self._number = 0

    async def live(self, jobs: int) -> Mapping[str, float]:
        """One day of so many jobs, then the chores; returns what it came to."""
        began = time.perf_counter()
        for _ in range(jobs):
            await self._run_job()
        worked = time.perf_counter()
        await self._maintenance.back_up()
        await self._maintenance.apply_retention()
        chores = time.perf_counter() - worked
        await self._age()
        return {**await self.measure(), "ms_a_job": 1000 * (worked - began) / jobs, "chores_s": chores}

    async def measure(self) -> Mapping[str, float]:
        """What is stored now, in MB and numbers."""
        [row] = await self._store.database.fetch("SELECT count(*) AS rows FROM job", {})
        return {
            "rows": int(str(row["rows"])),
            "database_mb": _megabytes(self._folder.glob("animate.db*")),
            "backups_mb": _megabytes(self._folder.glob("backups/*")),
            "pictures_mb": _megabytes(self._folder.glob("pictures/**/*")),
            "clips_mb": _megabytes(self._folder.glob("clips/**/*")),
            "memory_mb": _resident_megabytes(),
        }

    async def _run_job(self) -> None:
        self._number += 1
        if self._number % JOBS_PER_PICTURE == 1:
            self._picture = await self._files.save_picture(self._random.randbytes(PICTURE_BYTES))
        request = Request(
            key=f"month {self._number}",
            user_id=self._random.randrange(1, PEOPLE),
            guild_id=self._random.randrange(1, GUILDS),
            channel_id=8,
            locale="en-US",
            params=replace(PARAMS, seed=self._number),
            picture=self._picture,
        )
        job = (await self._store.admit(request)).job
        await self._store.set_status_message(job.id, self._number)
        lease = await self._store.claim("server", {PARAMS.workflow})
        assert lease
        scratch = self._files.scratch_path(f"{lease.job.id}.mp4")
        await asyncio.to_thread(scratch.write_bytes, self._random.randbytes(CLIP_BYTES))
        await self._files.keep_clip(scratch)
        await self._store.move(lease, State.DONE, seconds=60.0, result_message=10**9 + self._number)
        await self._store.set_end_announced(lease.job.id)

    async def _age(self) -> None:
        """Make everything that is stored a day older."""
        for table, columns in TIMES.items():
            values = ", ".join(f"{column} = {column} - {DAY}" for column in columns)
            await self._store.database.fetch(f"UPDATE {table} SET {values}", {})  # noqa: S608 - constant SQL
        await asyncio.to_thread(_age_files, self._folder)


def _age_files(folder: Path) -> None:
    for name in ("pictures", "clips", "backups"):
        for path in (folder / name).rglob("*"):
            status = path.stat()
            os.utime(path, (status.st_atime - DAY, status.st_mtime - DAY))


def _megabytes(paths: Iterable[Path]) -> float:
    files = [path for path in paths if path.is_file()]
    return round(sum(path.stat().st_size for path in files) / 1e6, 1)


def _resident_megabytes() -> float:
    if sys.platform != "linux":
        return 0.0
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


async def run(jobs: int) -> Mapping[str, object]:
    """The whole month; returns the figures of its last day, and of what vacuum gave back."""
    began, table = (
        time.perf_counter(),
        Table(
            "day", "rows", "MB: database", "backups", "pictures", "clips", "memory", "ms a job", "chores s"
        ),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_store(folder) as store:
            files = await open_blobs(BlobLocation(folder=folder), store.database, owner="benchmark")
            month = Month(folder, store, files)
            day = dict[str, float]()
            for number in range(1, DAYS + 1):
                day = dict(await month.live(jobs // DAYS))
                if number % SHOWN == 0:
                    table.add_row(str(number), *(f"{value:.1f}".removesuffix(".0") for value in day.values()))
            await Maintenance(store, files, Retention(rows=7), lambda _: None).apply_retention()
            freed = await vacuum(store)
            after = await month.measure()
    Console().print(table)
    return {
        "jobs": jobs // DAYS * DAYS,
        "seconds": round(time.perf_counter() - began, 1),
        "last_day": day,
        "after_keeping_7_days": after,
        "vacuum": str(freed),
    }


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="A month of a busy bot in minutes.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_JOBS} jobs")
    options = parser.parse_args()
    print(json.dumps(asyncio.run(run(QUICK_JOBS if options.quick else JOBS))))


if __name__ == "__main__":
    main()
