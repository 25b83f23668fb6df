"""The Protocol of a database that rows are moved from or to: its tables, in batches in the order of keys."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.sql.texts import encode_json, storable

Value = str | int | float | None
Record = tuple[Value, ...]

ABOUT = "about"
PROGRESS = "migration"  # the row of ABOUT on the target that says how far it is
OWN = (PROGRESS, "schema")  # rows of ABOUT that say something of that database alone
FIRST = ("job",)  # what rows of others refer to
LEFT_OUT = frozenset({"worker", "worker_server"})  # processes that are alive, of which there are none
JSON_COLUMNS = frozenset({"params", "reason", "arguments", "runnable", "choices", "missing"})
_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # a NUL, or half of a character


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's columns in order, those of its primary key, and which columns are floating point."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    floats: frozenset[str]

    def key_of(self, record: Record) -> Record:
        """The values of the primary key."""
        return tuple(record[self.columns.index(each)] for each in self.key)

    def clean(self, record: Sequence[Value]) -> Record:
        """The record as both engines can store it: text without NUL, numbers of the column's type."""
        return tuple(self._clean(name, value) for name, value in zip(self.columns, record, strict=True))

    def _clean(self, column: str, value: Value) -> Value:
        if isinstance(value, str):
            if column in JSON_COLUMNS and _ESCAPE.search(value):
                return _clean_json(value)
            return storable(value)
        return float(value) if column in self.floats and value is not None else value


def _clean_json(text: str) -> str:
    try:
        return encode_json(json.loads(text))
    except ValueError:  # a reason of an old version may be plain text
        return storable(text)


class TableAccess(Protocol):
    """A database that this process holds for itself while rows are moved. Raises StoreUnavailable.

    `shown`: its address without a password.
    """

    @property
    def shown(self) -> str: ...

    async def tables(self) -> Mapping[str, Table]:
        """All tables that are moved, by name."""
        ...

    async def count(self, table: Table) -> int:
        """How many rows it has."""
        ...

    async def read(self, table: Table, after: Record | None, limit: int) -> Sequence[Record]:
        """The next rows in the order of the key, beginning behind `after`."""
        ...

    async def clear(self, table: Table) -> None:
        """Remove all its rows, but those named OWN."""
        ...

    async def write(self, table: Table, records: Sequence[Record], progress: str) -> None:
        """Add these rows as they are, without triggers, and set PROGRESS: one transaction."""
        ...

    async def progress(self) -> str | None:
        """The value of PROGRESS; None where there is none."""
        ...

    async def set_progress(self, value: str) -> None:
        """Set PROGRESS."""
        ...

    async def finish(self) -> None:
        """Remove PROGRESS, and number new rows from behind the highest number of each table on."""
        ...
