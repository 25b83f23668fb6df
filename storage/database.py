"""What the store asks of a database, whichever engine it is.

SQL that every engine reads alike is in the classes that use it and in storage/sql/statements.py. Parameters
are written `:name`; `LIST(:name)` is a table with one column, `value`, of the elements of a list. `:now`
(Unix seconds) and `:day` (days since 1970, UTC) need not be given: they are the database's. What each engine
does in its own way, as it takes locks or is asked often, is a `QueueOperation`.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

SqlValue = str | int | float | None | Sequence[str] | Sequence[int]
Values = Mapping[str, SqlValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLocation:
    """Where the database is. Without `url` it is SQLite's file in `folder`.

    `folder`: this process's own data in any case. `url`: postgresql://USER:PASSWORD@HOST/DATABASE.
    `listen_url`: the same database without a pooler between, which notifications and locks need.
    """

    folder: Path
    url: str = ""
    listen_url: str = ""


class Row(Protocol):
    """A row: values by the name or number of their column."""

    def __getitem__(self, column: str | int, /) -> Any: ...

    def keys(self) -> "Iterator[str] | list[str]":
        """The names of the columns."""
        ...


class QueueOperation(StrEnum):
    """The operations that each engine has statements of its own for; each is one transaction."""

    ADMIT = "admit"
    SETTLE = "settle"
    CLAIM_CANDIDATES = "claim_candidates"
    CLAIM_NEXT = "claim_next"
    CLAIM_CHOSEN = "claim_chosen"
    ADOPT = "adopt"
    ADOPT_DELIVERY = "adopt_delivery"
    RENEW = "renew"
    MOVE = "move"
    POSTPONE = "postpone"
    CANCEL = "cancel"
    CANCEL_GUILD = "cancel_guild"
    CANCEL_BLOCKED = "cancel_blocked"
    CANCEL_WITHDRAWN = "cancel_withdrawn"
    EXPIRE = "expire"
    AHEAD_IN_SECONDS = "ahead_in_seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another process did to a job, by its id: `queued`, `cancelled` (asked for) or `deliverable`."""

    kind: str
    job: str


class HeldLock(Protocol):
    """A lock that this process holds."""

    async def lost(self) -> None:
        """Wait until it is lost: the connection that held it broke."""
        ...


class Database(Protocol):
    """A database with the newest schema. All methods raise StoreUnavailable where it does not answer.

    `folder`: the folder of this process's own data. `clock`: what tells :now; None is the database's own.
    """

    @property
    def folder(self) -> Path: ...

    clock: Callable[[], float] | None

    async def fetch(self, sql: str, values: Values) -> Sequence[Row]:
        """Run one statement, a transaction of its own outside of `transaction`, and return all its rows."""
        ...

    async def fetch_one(self, sql: str, values: Values) -> Row | None:
        """Run one statement and return its first row, or None."""
        ...

    async def run(self, operation: QueueOperation, values: Values) -> Sequence[Row]:
        """Run an operation and return its rows."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """Make the statements of the block one transaction, undone where the block raises."""
        ...

    async def version(self) -> int:
        """A number that changes when another connection has changed the database, and may change else."""
        ...

    async def discard_deleted(self) -> None:
        """Have deleted values leave the disk, as far as the engine does not by itself."""
        ...

    def changes(self) -> AbstractAsyncContextManager[AsyncGenerator[Change]]:
        """What other processes do to jobs, from the moment on in which the block is entered."""
        ...

    def lock(self, name: str) -> AbstractAsyncContextManager[HeldLock]:
        """Hold the lock of that name for the block, once no other process does. A dead one holds none."""
        ...
