"""How long `store migrate` takes: `python -m benchmarks.moving --database URL [--quick]`.

A database of SQLite with 100,000 jobs, half of them finished, is moved into a new database beside that of
URL, and from there into another file; in the end both files hold the same rows.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from benchmarks.queue import fill
from benchmarks.queues import own_database
from storage import DatabaseLocation, Moved, migrate, open_store
from storage.sqlite.tables import open_tables

ROWS_AT_ONCE = 10_000


async def measure(url: str, jobs: int, folder: Path) -> dict[str, object]:
    """Move so many jobs there and back."""
    first, last = folder / "first", folder / "last"
    async with open_store(first):
        pass
    fill(first / "animate.db", jobs)
    async with own_database(url, "benchmark_moving") as own:
        middle = DatabaseLocation(folder=folder / "middle", url=own)
        there = await migrate(DatabaseLocation(folder=first), middle)
        back = await migrate(middle, DatabaseLocation(folder=last))
    return {
        "jobs": jobs,
        "rows": sum(there.rows.values()),
        "to_postgresql_seconds": _seconds(there),
        "to_sqlite_seconds": _seconds(back),
        "rows_that_differ": await differences(first / "animate.db", last / "animate.db"),
    }


def _seconds(moved: Moved) -> float:
    return round(moved.seconds, 1)


async def differences(one: Path, other: Path) -> int:
    """How many rows are not the same in two files."""
    different = 0
    async with open_tables(one) as ours, open_tables(other) as theirs:
        for table in (await ours.tables()).values():
            last = None
            while True:
                pair = [await each.read(table, last, ROWS_AT_ONCE) for each in (ours, theirs)]
                different += len(set(pair[0]) ^ set(pair[1]))
                if not pair[0]:
                    break
                last = table.key_of(pair[0][-1])
    return different


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.moving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a thousand jobs")
    parser.add_argument(
        "--database", metavar="URL", required=True, help="postgresql://…, of a role that may make databases"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jobs = 1000 if options.quick else 100_000
        print(json.dumps(asyncio.run(measure(options.database, jobs, Path(folder)))))


if __name__ == "__main__":
    main()
