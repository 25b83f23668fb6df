"""All tables of SQLite's file, read and written in batches."""

from pathlib import Path

import pytest

from storage import State, StoreInUse, open_store
from storage.sqlite.tables import open_tables
from tests.unit.storage.requests import admit, make_request


async def test_tables_have_their_columns_and_keys(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    async with open_tables(tmp_path / "animate.db") as access:
        tables = await access.tables()
    assert tables["job"].key == ("seq",)
    assert tables["event"].key == ("job", "number")
    assert {"tag", "lease_until"} <= tables["job"].floats
    assert not {"worker", "worker_server"} & tables.keys()


async def test_rows_come_in_the_order_of_the_key(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for number in range(5):
            await admit(store, make_request(f"key {number}", user=9 - number))
    async with open_tables(tmp_path / "animate.db") as access:
        table = (await access.tables())["person"]
        first = await access.read(table, None, 3)
        rest = await access.read(table, table.key_of(first[-1]), 3)
    assert [table.key_of(row) for row in (*first, *rest)] == [(5,), (6,), (7,), (8,), (9,)]


async def test_a_bot_at_work_keeps_its_database(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        with pytest.raises(StoreInUse):
            async with open_tables(tmp_path / "animate.db"):
                pass


async def test_a_batch_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    """The triggers too, which are not there while rows are written."""
    async with open_store(tmp_path) as store:
        await admit(store, make_request("one"))
    async with open_tables(tmp_path / "animate.db") as access:
        table = (await access.tables())["job"]
        [row] = await access.read(table, None, 10)
        with pytest.raises(Exception, match="UNIQUE"):
            await access.write(table, [row], "half")
        assert await access.progress() is None
    async with open_store(tmp_path) as store:
        added = (await admit(store, make_request("two"))).job
        assert [each.state for each in await store.transitions(added.id)] == [State.QUEUED]
