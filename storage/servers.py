"""What each GPU server said last about itself, kept for the time in which it does not answer."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from storage.database import Database, Row
from storage.sql.texts import encode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """What the server `name` could do at `seen_at` (Unix seconds).

    `runnable`: the names of the workflows that it runs; `choices`: for each the options by choice; `missing`:
    for each other workflow what the server lacks, in words; `lacks_nodes`: those for which it lacks node
    classes.
    """

    name: str
    seen_at: float
    runnable: AbstractSet[str]
    choices: Mapping[str, Mapping[str, Sequence[str]]]
    missing: Mapping[str, Sequence[str]]
    lacks_nodes: AbstractSet[str] = frozenset()

    @classmethod
    def from_row(cls, row: Row) -> "ServerRecord":
        """Build it from a row of the table `server`."""
        return cls(
            name=row["name"],
            seen_at=row["seen_at"],
            runnable=frozenset(json.loads(row["runnable"])),
            choices=json.loads(row["choices"]),
            missing=json.loads(row["missing"]),
            lacks_nodes=frozenset(json.loads(row["lacks_nodes"])),
        )


class ServerRecords:
    """The table `server`, which every process that uses the database may fill."""

    database: Database
    now: Callable[[], float]

    async def record_server(self, record: ServerRecord) -> None:
        """Store what a server said, in place of what it said before."""
        await self.database.fetch(
            """INSERT INTO server (name, seen_at, runnable, choices, missing, lacks_nodes)
            VALUES (:name, :seen_at, :runnable, :choices, :missing, :lacks_nodes)
            ON CONFLICT (name) DO UPDATE SET
                seen_at = excluded.seen_at, runnable = excluded.runnable, choices = excluded.choices,
                missing = excluded.missing, lacks_nodes = excluded.lacks_nodes""",
            {
                "name": record.name,
                "seen_at": record.seen_at,
                "runnable": encode_json(sorted(record.runnable)),
                "choices": encode_json(record.choices),
                "missing": encode_json(record.missing),
                "lacks_nodes": encode_json(sorted(record.lacks_nodes)),
            },
        )

    async def server_records(self, names: Collection[str]) -> Mapping[str, ServerRecord]:
        """What these servers said last, by name; those that never answered are left out."""
        rows = await self.database.fetch(
            "SELECT * FROM server WHERE seen_at > 0 AND name IN LIST(:names)", {"names": sorted(names)}
        )
        return {row["name"]: ServerRecord.from_row(row) for row in rows}
