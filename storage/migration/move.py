"""Move every row from one database to another: copied in batches, then compared row by row.

The target says in its table `about` how far it is, in the transaction of each batch: what was interrupted
goes on there. A store does not open a database in which that row stands.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from storage.errors import StoreError
from storage.sql.tables import ABOUT, FIRST, OWN, Record, Table, TableAccess

BATCH = 1000  # rows
FILLED_BY_A_NEW_DATABASE = frozenset({ABOUT, "clock"})

Report = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was moved: rows of each table. `resumed`: an earlier attempt had begun it."""

    rows: Mapping[str, int]
    seconds: float
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    """How far it is: `source` is that database's id, `table` the one in work, `after` the last key there."""

    source: str
    table: str = ""
    after: Sequence[str | int | float | None] | None = None

    def to_json(self) -> str:
        return json.dumps({"source": self.source, "table": self.table, "after": self.after})

    @classmethod
    def from_json(cls, text: str) -> "_Progress":
        return cls(**json.loads(text))


async def move(source: TableAccess, target: TableAccess, report: Report = lambda table, rows: None) -> Moved:
    """Copy all rows, compare them, and only then let a store open the target.

    `report` gets a table's name and how many of its rows were copied, later compared. Raises StoreError where
    the target holds other rows, or where a row is not the same there in the end.
    """
    begin = time.monotonic()
    if await source.progress() is not None:
        raise StoreError(f"{source.shown} is itself the unfinished copy of another database")
    tables = await _same_tables(source, target)
    progress = await _begin(source, target, tables)
    resumed = bool(progress.table)
    names = list(tables)
    for name in names[names.index(progress.table) if resumed else 0 :]:
        after = progress.after if name == progress.table else None
        await _copy(source, target, tables[name], after, progress.source, report)
    rows = {name: await _compare(source, target, table, report) for name, table in tables.items()}
    await target.finish()
    return Moved(rows=rows, seconds=time.monotonic() - begin, resumed=resumed)


async def _same_tables(source: TableAccess, target: TableAccess) -> Mapping[str, Table]:
    """The tables in the order in which they are copied. Raises StoreError where the two differ."""
    ours, theirs = await source.tables(), await target.tables()
    if {name: set(table.columns) for name, table in ours.items()} != {
        name: set(table.columns) for name, table in theirs.items()
    }:
        raise StoreError("the two databases are not of the same version: start the bot once with each")
    return {name: ours[name] for name in sorted(ours, key=lambda name: (name not in FIRST, name))}


async def _begin(source: TableAccess, target: TableAccess, tables: Mapping[str, Table]) -> _Progress:
    """What is there of an earlier attempt, else a target that is empty. Raises StoreError."""
    identity = await _identity(source, tables[ABOUT])
    if (text := await target.progress()) is not None:
        found = _Progress.from_json(text)
        if found.source != identity:
            raise StoreError(f"{target.shown} holds a part of another database: empty it first")
        return found
    for name, table in tables.items():
        if name not in FILLED_BY_A_NEW_DATABASE and await target.count(table):
            raise StoreError(f"{target.shown} is not empty (it has rows of {name}): name an empty database")
    progress = _Progress(source=identity)
    await target.set_progress(progress.to_json())
    return progress


async def _identity(source: TableAccess, about: Table) -> str:
    """What names the source, whatever its address: its own id, made when it was first used."""
    name, value = about.columns.index("name"), about.columns.index("value")
    rows = await source.read(about, None, BATCH)
    return next((str(row[value]) for row in rows if row[name] == "instance"), "")


async def _copy(
    source: TableAccess,
    target: TableAccess,
    table: Table,
    after: Sequence[str | int | float | None] | None,
    identity: str,
    report: Report,
) -> None:
    """Copy a table from behind the key `after` on; from its first row where that is None."""
    last: Record | None = tuple(after) if after is not None else None
    if last is None:
        await target.clear(table)
    done = 0
    while records := await source.read(table, last, BATCH):
        last = table.key_of(records[-1])
        progress = _Progress(source=identity, table=table.name, after=last).to_json()
        await target.write(table, [each for each in records if not _is_own(table, each)], progress)
        done += len(records)
        report(table.name, done)


async def _read(side: TableAccess, table: Table, after: Record | None) -> Sequence[Record]:
    """The next rows but those that say something of one database only, which stand in a small table."""
    return [each for each in await side.read(table, after, BATCH) if not _is_own(table, each)]


def _is_own(table: Table, record: Record) -> bool:
    return table.name == ABOUT and table.key_of(record)[0] in OWN


async def _compare(source: TableAccess, target: TableAccess, table: Table, report: Report) -> int:
    """Compare all rows of a table; returns how many there are. Raises StoreError at the first difference."""
    last: Record | None = None
    done = 0
    while True:
        mine, theirs = [await _read(side, table, last) for side in (source, target)]
        if mine != theirs:
            pairs = zip(mine, theirs, strict=False)
            key = next((table.key_of(one) for one, other in pairs if one != other), "their number")
            raise StoreError(
                f"the rows of {table.name} are not the same in both databases ({key}): "
                f"something else wrote meanwhile. Empty {target.shown} and begin again"
            )
        if not mine:
            return done
        last = table.key_of(mine[-1])
        done += len(mine)
        report(table.name, done)
