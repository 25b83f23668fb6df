"""How fast the queue is as it grows: `python -m benchmarks.queue [--quick] [--database URL]`.

Everything is durable (`synchronous = FULL`) and one after the other, as one bot works. The store and huey's
SqliteStorage, which keeps no order, no owners and no history, take turns in small blocks on the same disk; of
each the median block counts, once the logs have their size (a growing file is slower to sync). Half of the
rows are waiting jobs, half are history. With --database the store on that PostgreSQL server is measured
instead, beside procrastinate, with several callers (benchmarks/queue_postgres.py).
"""

# huey has no types, matplotlib not all:
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from huey.storage import SqliteStorage

from benchmarks import queue_postgres
from benchmarks.queues import GUILDS, PARAMS, PEOPLE, PICTURE, request
from storage import DatabaseLocation, Lease, State, Store, open_store
from storage.queries import MAX_COUNTED_AHEAD

BLOCK = 25  # operations
WARM_UP = 30  # rounds
PICTURE_FILE = Path("benchmarks/pictures/queue.png")

ROWS = """
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :rows)
INSERT INTO job (
    id, key, user_id, guild_id, channel_id, locale, workflow, volume, steps, params, picture, root, weight,
    floor, tag, cost, spread, state, moved_at, mover, status_message, result_message, created_at, finished_at,
    charged
)
SELECT
    lower(printf('%s-0000-4000-8000-%s', hex(randomblob(4)), hex(randomblob(6)))), 'filled ' || n,
    n % :people, n % :guilds, 8, 'en-US', 'wan', 832 * 480 * 81, 20, :params, :picture, '', 1,
    0, n / :people * 60.0, 60, 5, iif(n <= :rows / 2, 'done', 'queued'), n, 'filled', n,
    iif(n <= :rows / 2, n, NULL), n, iif(n <= :rows / 2, n + 60, NULL),
    iif(n <= :rows / 2, 60, NULL)
FROM number
"""
BOOKS = """
UPDATE clock SET tag = (SELECT min(tag) FROM job WHERE state = 'queued');
INSERT INTO pace VALUES ('wan', 832 * 480 * 81, 20, 50, 60, 5);
INSERT INTO event SELECT seq, 1, created_at, 'done', 0, 'filled' FROM job WHERE state = 'done';
INSERT INTO person
SELECT user_id, max(tag) + 60, sum(state = 'queued'), 0, 0, 0, 'en-US' FROM job GROUP BY user_id;
INSERT INTO guild
SELECT guild_id, sum(state = 'queued'), 0, 0, 0 FROM job GROUP BY guild_id;
"""


def fill(path: Path, rows: int) -> None:
    """Bring an empty database to so many rows, its books as its triggers would have kept them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        sizes = {"rows": rows, "people": PEOPLE, "guilds": GUILDS}
        connection.execute(ROWS, {**sizes, "params": PARAMS.to_json(), "picture": PICTURE})
        connection.executescript(BOOKS)
        for _, sql in triggers:
            connection.execute(sql)


def fill_huey(storage: SqliteStorage, rows: int) -> None:
    """The same number of waiting tasks."""
    storage.sql(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
        " INSERT INTO task (queue, data, priority) SELECT 'huey', randomblob(900), 0 FROM number",
        (rows // 2,),
        commit=True,
    )


def settle(folder: Path) -> None:
    """Let the disk finish with what filled the files, so that it is not measured."""
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


class Meter:
    """Operations a second, by name: of each block of operations one figure."""

    def __init__(self) -> None:
        self._rates: dict[str, list[float]] = {}

    async def measure(self, name: str, operation: Callable[[], Awaitable[object]]) -> Sequence[object]:
        """Do one block of it; returns what each gave."""
        begin = time.perf_counter()
        results = [await operation() for _ in range(BLOCK)]
        self.note(name, BLOCK / (time.perf_counter() - begin))
        return results

    def measure_plain(self, name: str, operation: Callable[[], object]) -> None:
        """The same for what does not wait."""
        begin = time.perf_counter()
        for _ in range(BLOCK):
            operation()
        self.note(name, BLOCK / (time.perf_counter() - begin))

    def note(self, name: str, rate: float) -> None:
        """Keep one block's figure."""
        self._rates.setdefault(name, []).append(rate)

    def medians(self) -> dict[str, float]:
        """The median block of each."""
        return {name: round(statistics.median(rates), 1) for name, rates in self._rates.items()}


class Course:
    """What is measured at one size: the store's operations, huey's, and the disk's own."""

    def __init__(self, store: Store, huey: SqliteStorage, bare: sqlite3.Connection) -> None:
        self._store = store
        self._huey = huey
        self._bare = bare
        self._numbers = count()
        self._last = ""
        self.meter = Meter()

    async def round(self) -> None:
        """One block of each operation."""
        admitted = await self.meter.measure("admit", self._admit)
        for job in admitted:
            await self._store.set_status_message(str(job), next(self._numbers))
        self._last = str(admitted[-1])
        claimed = await self.meter.measure("claim", self._claim)
        leases = iter([lease for lease in claimed if isinstance(lease, Lease)])
        await self.meter.measure("finish", lambda: self._finish(next(leases)))
        await self.meter.measure("place", lambda: self._store.ahead(self._last))
        await self.meter.measure("forecast", lambda: self._store.forecast(self._last, servers=2))
        self.meter.measure_plain("huey enqueue", lambda: self._huey.enqueue(b"x" * 900))
        self.meter.measure_plain("huey dequeue", self._huey.dequeue)
        self.meter.measure_plain("bare durable insert", self._insert)

    async def _admit(self) -> str:
        return (await self._store.admit(request(next(self._numbers)), limit=10**9)).job.id

    async def _claim(self) -> Lease | None:
        return await self._store.claim(f"server {next(self._numbers)}", {"wan"})

    async def _finish(self, lease: Lease) -> None:
        await self._store.move(lease, State.DONE, seconds=60.0, result_message=10**9 + lease.job.seq)

    def _insert(self) -> None:
        self._bare.execute("INSERT INTO row (text) VALUES (?)", ("x" * 900,))


async def measure(folder: Path, rows: int, rounds: int) -> dict[str, float]:
    """Operations a second at that many rows."""
    async with open_store(DatabaseLocation(folder=folder)):
        pass
    fill(folder / "animate.db", rows)
    huey = SqliteStorage(filename=str(folder / "huey.db"), fsync=True)
    fill_huey(huey, rows)
    settle(folder)
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as bare:
        bare.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (text)")
        async with open_store(DatabaseLocation(folder=folder)) as store:
            course = Course(store, huey, bare)
            for _ in range(WARM_UP):
                await course.round()
            course.meter = Meter()
            for _ in range(rounds):
                await course.round()
    huey.close()
    return course.meter.medians()


def report(sizes: dict[int, dict[str, float]]) -> dict[str, object]:
    """What the last line tells."""
    smallest, largest = sizes[min(sizes)], sizes[max(sizes)]
    return {
        "operations_per_second": {str(rows): rates for rows, rates in sizes.items()},
        "place_ms": {str(rows): round(1000 / rates["place"], 4) for rows, rates in sizes.items()},
        "place_cap": MAX_COUNTED_AHEAD,
        "times_slower_at_most_rows": {
            name: round(smallest[name] / largest[name], 2) for name in ("admit", "claim", "finish")
        },
        "admit_to_huey": {
            str(rows): round(rates["admit"] / rates["huey enqueue"], 2) for rows, rates in sizes.items()
        },
        "claim_to_huey": {
            str(rows): round(rates["claim"] / rates["huey dequeue"], 2) for rows, rates in sizes.items()
        },
    }


def draw(sizes: dict[int, dict[str, float]], picture: Path) -> None:
    """The growth curves."""
    from matplotlib.figure import Figure  # only where a picture is wanted

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for name in next(iter(sizes.values())):
        style = "--" if name.startswith(("huey", "bare")) else "-"
        axes.plot(list(sizes), [rates[name] for rates in sizes.values()], style, marker="o", label=name)
    axes.set(
        xscale="log", yscale="log", xlabel="rows", ylabel="operations a second", title="The queue as it grows"
    )
    axes.grid(which="both", alpha=0.2)
    axes.legend()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.queue", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="up to ten thousand rows, few rounds, no picture"
    )
    parser.add_argument(
        "--folder", type=Path, help="on the disk to measure (default: that of temporary files)"
    )
    parser.add_argument("--picture", type=Path, default=Path("benchmarks/pictures/queue.png"), metavar="FILE")
    parser.add_argument(
        "--database",
        metavar="URL",
        help="postgresql://…, of a role that may make databases",
    )
    options = parser.parse_args()
    steps = (1000, 10_000) if options.quick else (1000, 100_000, 1_000_000)
    if options.database:
        found = [
            asyncio.run(queue_postgres.measure(options.database, each, quick=options.quick)) for each in steps
        ]
        print(json.dumps(queue_postgres.report(dict(zip(steps, found, strict=True)))))
        return
    sizes: dict[int, dict[str, float]] = {}
    for rows in steps:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            sizes[rows] = asyncio.run(measure(Path(folder), rows, rounds=10 if options.quick else 60))
        print(
            f"{rows:>9,} rows: " + " · ".join(f"{name} {rate:,.0f}/s" for name, rate in sizes[rows].items())
        )
    if not options.quick:
        draw(sizes, options.picture)
    print(json.dumps(report(sizes)))


if __name__ == "__main__":
    main()
