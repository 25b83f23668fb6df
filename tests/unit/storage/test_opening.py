"""Opening the store: leases of before, and databases that are not whole."""

from pathlib import Path

import pytest

from storage import DatabaseLocation, StoreError, open_store
from storage.migration.databases import open_target
from tests.unit.storage.requests import SERVER, admit, make_request


async def test_sqlite_is_opened_for_one_process_whose_leases_of_before_are_over(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, make_request("one"))
        assert await store.claim(SERVER, {"wan"})
    async with open_store(DatabaseLocation(folder=tmp_path)) as store:
        assert await store.adopt(SERVER, {SERVER})


async def test_the_unfinished_copy_of_another_database_is_not_opened(tmp_path: Path) -> None:
    """Its leases stay as they are too: the copy is compared in the end."""
    async with open_store(tmp_path) as store:
        await admit(store, make_request("one"))
        lease = await store.claim(SERVER, {"wan"})
    async with open_target(DatabaseLocation(folder=tmp_path)) as tables:
        before = await tables.read((await tables.tables())["job"], None, 10)
        await tables.set_progress("half")
    with pytest.raises(StoreError, match="store migrate --to"):
        async with open_store(tmp_path):
            pass
    async with open_target(DatabaseLocation(folder=tmp_path)) as tables:
        assert await tables.read((await tables.tables())["job"], None, 10) == before
    assert lease
