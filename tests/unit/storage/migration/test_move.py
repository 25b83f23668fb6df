"""Moving a database: every row arrives, or the move says why not; what was interrupted goes on."""

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from storage import DatabaseLocation, State, Store, StoreError, StoreInUse, migrate, open_store
from storage.migration import move as moving
from storage.migration.databases import open_source, open_target
from storage.sql.tables import ABOUT, OWN, Record, Table, TableAccess
from tests.sampling import one_in
from tests.unit.storage.engines import empty_postgres
from tests.unit.storage.requests import make_request

OTHER_ENGINES = True  # SQLite is the other end of each move
JOBS = 60
Rows = Mapping[str, Sequence[Record]]


async def fill(location: DatabaseLocation, jobs: int = JOBS) -> None:
    """Jobs in several states with all that hangs on them, people with wishes, an operator's traces.

    They get into PostgreSQL by a move, which takes a tenth of the time.
    """
    seed = DatabaseLocation(folder=location.folder / "seed") if location.url else location
    async with open_store(seed) as store:
        for number in range(jobs):
            parent = f"key {number - 1}" if number % 5 == 4 else None
            await add_job(store, number, parent)
        await store.set_language(1, "zh-CN")
        await store.block(99, until=12.5, reason="a reason \U0001f600")
    if location.url:
        await migrate(seed, location)


async def add_job(store: Store, number: int, parent: str | None) -> None:
    """One job more; every third is finished."""
    made_of = await store.check_admission(parent, 1, 7, "") if parent else None
    request = make_request(f"key {number}", user=number % 7, parent=made_of.id if made_of else None)
    admitted = await store.admit(request, limit=10**9)
    await store.set_status_message(admitted.job.id, number)
    if number % 3 == 0 and (lease := await store.claim("server 1", {"wan"})):
        await store.move(lease, State.DONE, seconds=1 / 3, result_message=number)


async def rows_of(location: DatabaseLocation) -> Rows:
    """All rows of all tables that are moved, but those that say something of one database only."""
    async with open_source(location) as tables:
        found = await tables.tables()
        rows = {name: await tables.read(table, None, 10**6) for name, table in found.items()}
    return rows | {ABOUT: [row for row in rows[ABOUT] if row[0] not in OWN]}


@pytest.fixture
def here(tmp_path: Path) -> DatabaseLocation:
    """A folder for SQLite."""
    return DatabaseLocation(folder=tmp_path / "old")


@pytest.fixture
async def there(engine: str, tmp_path: Path) -> DatabaseLocation:
    """An empty database of the engine."""
    url = "" if engine == "sqlite" else await empty_postgres(engine)
    return DatabaseLocation(folder=tmp_path / "new", url=url)


@pytest.fixture(params=["there", "back"])
def ends(
    request: pytest.FixtureRequest, here: DatabaseLocation, there: DatabaseLocation
) -> tuple[DatabaseLocation, DatabaseLocation]:
    """Source and target: from SQLite to the engine, or from the engine to SQLite."""
    return (here, there) if request.param == "there" else (there, here)


@pytest.fixture
def source(ends: tuple[DatabaseLocation, DatabaseLocation]) -> DatabaseLocation:
    return ends[0]


@pytest.fixture
def target(ends: tuple[DatabaseLocation, DatabaseLocation]) -> DatabaseLocation:
    return ends[1]


async def test_every_row_arrives(source: DatabaseLocation, target: DatabaseLocation) -> None:
    await fill(source)
    moved = await migrate(source, target)
    there = await rows_of(target)
    assert there == await rows_of(source)
    assert {name: len(rows) for name, rows in there.items()} == moved.rows
    assert moved.rows["job"] == JOBS
    assert moved.rows["source"] > 0
    assert not moved.resumed


async def test_the_moved_queue_goes_on(source: DatabaseLocation, target: DatabaseLocation) -> None:
    """Triggers are there again, and the next job gets a number that none had."""
    await fill(source, jobs=20)
    await migrate(source, target)
    async with open_store(target) as store:
        before = {job.seq for job in await store.unfinished(1000)}
        await store.admit(make_request("after the move"))
        [added] = [job for job in await store.unfinished(1000) if job.seq not in before]
        assert added.seq > 20
        lease = await store.claim("server 1", {"wan"})
        assert lease
        assert (await store.move(lease, State.DONE, seconds=1.0, result_message=5)).job.state is State.DONE


class Interrupted(Exception):
    """The process dies."""


def die_after(tables: TableAccess, batches: int) -> None:
    """Let the target die after so many batches."""
    written, write = iter(range(batches)), tables.write

    async def write_or_die(table: Table, records: Sequence[Record], progress: str) -> None:
        if next(written, None) is None:
            raise Interrupted
        await write(table, records, progress)

    tables.write = write_or_die  # type: ignore[method-assign]


@pytest.mark.parametrize("batches", one_in(3, [1, 0, 6]))
async def test_an_interrupted_move_goes_on_where_it_was(
    source: DatabaseLocation, target: DatabaseLocation, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "BATCH", 20)
    await fill(source)
    async with open_source(source) as old, open_target(target) as new:
        die_after(new, batches)
        with pytest.raises(Interrupted):
            await moving.move(old, new)
    reported = list[tuple[str, int]]()
    moved = await migrate(source, target, lambda table, rows: reported.append((table, rows)))
    assert moved.resumed == (batches > 0)
    assert await rows_of(target) == await rows_of(source)


async def test_a_database_with_rows_is_no_target(source: DatabaseLocation, target: DatabaseLocation) -> None:
    await fill(source, jobs=3)
    await fill(target, jobs=1)
    before = await rows_of(target)
    with pytest.raises(StoreError, match="is not empty"):
        await migrate(source, target)
    assert await rows_of(target) == before


async def test_a_part_of_another_database_is_no_target(
    source: DatabaseLocation, target: DatabaseLocation
) -> None:
    await fill(source, jobs=3)
    async with open_target(target) as tables:
        await tables.set_progress('{"source": "another", "table": "", "after": null}')
    with pytest.raises(StoreError, match="a part of another database"):
        await migrate(source, target)


async def test_what_is_written_meanwhile_is_found(here: DatabaseLocation, tmp_path: Path) -> None:
    target = DatabaseLocation(folder=tmp_path / "new")
    await fill(here, jobs=10)

    def meddle(table: str, rows: int) -> None:
        if table == "preference":
            with contextlib.closing(sqlite3.connect(target.folder / "animate.db")) as connection, connection:
                connection.execute("UPDATE job SET seconds = 4 WHERE seq = 3")

    with pytest.raises(StoreError, match="rows of job are not the same"):
        await migrate(here, target, meddle)


async def test_a_bot_that_runs_is_not_moved(here: DatabaseLocation, tmp_path: Path) -> None:
    target = DatabaseLocation(folder=tmp_path / "new")
    async with open_store(here):
        with pytest.raises(StoreInUse):
            await migrate(here, target)
    await fill(here, jobs=1)
    async with open_store(target):
        with pytest.raises(StoreInUse):
            await migrate(here, target)


async def test_a_half_moved_database_is_not_opened(
    source: DatabaseLocation, target: DatabaseLocation
) -> None:
    await fill(source, jobs=1)
    async with open_target(target) as tables:
        await tables.set_progress('{"source": "another", "table": "", "after": null}')
    with pytest.raises(StoreError, match="store migrate"):
        async with open_store(target):
            pass
    with pytest.raises(StoreError, match="unfinished"):
        await migrate(target, source)


async def test_text_that_not_every_engine_can_store_loses_what_cannot_be(
    here: DatabaseLocation, there: DatabaseLocation
) -> None:
    await fill(here, jobs=3)
    with contextlib.closing(sqlite3.connect(here.folder / "animate.db")) as connection, connection:
        connection.execute("UPDATE job SET locale = 'en' || char(0) || '-US' WHERE seq = 3")
        connection.execute(r"""UPDATE job SET params = json_set(params, '$.prompt', 'a') WHERE seq = 2""")
        connection.execute(
            r"""UPDATE job SET params = replace(params, '"a"', '"a\u0000b \ud83d\ude00"') WHERE seq = 2"""
        )
    await migrate(here, there)
    async with open_store(there) as store:
        second, first = sorted(await store.unfinished(1000), key=lambda job: job.seq)
        assert first.locale == "en-US"
        assert second.params.prompt == "ab \U0001f600"
