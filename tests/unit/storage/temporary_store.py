"""A store for many short runs: one file without fsync, emptied between two of them."""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from storage import Lease, QueueLimits, State, Store
from storage.database import Database
from tests.unit.storage.engines import open_empty
from tests.unit.storage.requests import Clock, admit, make_request

T = TypeVar("T")


def example_settings(config: pytest.Config, number: int, engine: str = "sqlite") -> settings:
    """So many examples, a fifth on PostgreSQL; fifty times as many in a long run."""
    times = 50 if config.getoption("--long") else 1
    number = number if engine == "sqlite" else number // 5
    return settings(max_examples=number * times, deadline=None, database=None)


QUEUE_VIOLATIONS = """
SELECT 'queued of a person' FROM person
WHERE queued <> (SELECT count(*) FROM job WHERE user_id = person.id AND state = 'queued')
UNION ALL SELECT 'queued or running of a guild' FROM guild
WHERE (queued, running) <> (
    SELECT count(*) FILTER (WHERE state = 'queued'),
        count(*) FILTER (WHERE state IN ('claimed', 'submitting', 'running'))
    FROM job WHERE guild_id = guild.id
)
UNION ALL SELECT 'charged when and only when finished' FROM job
WHERE (charged IS NULL) <> (finished_at IS NULL)
UNION ALL SELECT 'one end, and nothing after it' FROM job
JOIN move ON move.job = job.seq
GROUP BY job.seq
HAVING count(*) FILTER (WHERE move.state IN ('done', 'failed', 'cancelled'))
    <> count(job.finished_at) / count(*)
UNION ALL SELECT 'the last event is the state' FROM job
WHERE (state, epoch) <> (
    SELECT state, epoch FROM move WHERE move.job = job.seq ORDER BY number DESC LIMIT 1
)
UNION ALL SELECT 'a person is served in the order of asking' FROM job
JOIN job AS later ON later.user_id = job.user_id AND later.seq > job.seq
WHERE job.state = 'queued' AND later.state = 'queued' AND later.tag < job.tag - 1e-6
UNION ALL SELECT 'no turn before its floor' FROM job WHERE state = 'queued' AND tag < floor - 1e-6
UNION ALL SELECT 'the next turn comes after all others' FROM job JOIN person ON person.id = user_id
WHERE state = 'queued' AND finish_tag < tag - 1e-6
"""
# These hold as long as no row was removed: the GPU seconds of a day outlive the rows.
ALL_VIOLATIONS = f"""{QUEUE_VIOLATIONS}
UNION ALL SELECT 'GPU seconds of a person' FROM person
WHERE abs(spent - (SELECT sum(coalesce(charged, cost)) FROM job WHERE user_id = person.id)) > 1e-6
UNION ALL SELECT 'GPU seconds of a guild' FROM guild
WHERE abs(spent - (SELECT sum(coalesce(charged, cost)) FROM job WHERE guild_id = guild.id)) > 1e-6
"""  # noqa: S608 - constant SQL, no user input


class TemporaryStore:
    """A store, its clock, and a loop of its own, for tests that are no coroutines."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self._runner = runner
        self._database = database
        self.clock = Clock()
        self.store = Store(database, self.clock)

    def run(self, work: Awaitable[T]) -> T:
        """Wait for this."""

        async def waited() -> T:
            return await work

        return self._runner.run(waited())

    def reset(self, limits: QueueLimits | None = None) -> None:
        """Empty the store and reset its clock."""
        self.clock.time = 1000.0
        self.store = Store(self._database, self.clock, limits)
        for table in ("job", "person", "guild", "pace"):
            self.run(self._database.fetch(f"DELETE FROM {table}", {}))  # noqa: S608 - constant SQL, no user input
        self.run(self._database.fetch("UPDATE clock SET tag = 0", {}))

    def teach(self, workflow: str, seconds: float) -> None:
        """Let jobs of this workflow be known to take so long."""
        self.run(
            self._database.fetch(
                "INSERT INTO pace SELECT :name, 832 * 480 * 81, 20, 1, :seconds, 0",
                {"name": workflow, "seconds": seconds},
            )
        )

    def admit(self, key: str, user: int, **changes: object) -> str:
        """Admit a request; returns its job's id."""
        return self.run(admit(self.store, make_request(key, user=user, **changes))).job.id

    def finish(self, lease: Lease, seconds: float) -> None:
        """Bring a job to its end."""
        for state in (State.RUNNING, State.DOWNLOADING):
            lease = self.run(self.store.move(lease, state, seconds=seconds))
        self.run(self.store.move(lease, State.DONE, result_message=lease.job.seq))

    def running(self, guild: int) -> int:
        """How many jobs of the guild are on a GPU or on their way there, counted anew."""
        sql = "SELECT 1 FROM job WHERE guild_id = :guild AND state IN ('claimed', 'submitting', 'running')"
        return len(self.run(self._database.fetch(sql, {"guild": guild})))

    def is_free(self, server: str) -> bool:
        """Whether no job is on the server or on its way there."""
        sql = "SELECT 1 FROM job WHERE server = :server AND state IN ('claimed', 'submitting', 'running')"
        return not self.run(self._database.fetch(sql, {"server": server}))

    def check_invariants(self) -> None:
        """Assert what must hold at any time."""
        broken = self.run(self._database.fetch(ALL_VIOLATIONS, {}))
        assert [row[0] for row in broken] == []


@contextlib.contextmanager
def open_temporary_store(engine: str, empty_database: Path) -> Iterator[TemporaryStore]:
    """A TemporaryStore in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        opened = open_empty(engine, Path(folder), empty_database)
        database = runner.run(opened.__aenter__())
        try:
            if engine == "sqlite":
                runner.run(_without_fsync(database))
            yield TemporaryStore(runner, database)
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def _without_fsync(database: Database) -> None:
    await database.fetch("PRAGMA synchronous = OFF", {})
