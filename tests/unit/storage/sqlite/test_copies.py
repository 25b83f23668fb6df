"""Copies of the database: before each migration, and the sentence for a newer schema."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from storage import SchemaTooNew, StoreUnavailable, open_store
from storage.sqlite import database
from storage.sqlite.copies import MAX_KEPT, all_copies, keep_newest_of, schema_of
from tests.unit.storage.requests import admit, make_request, queued_keys


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The migrations of a later version of the bot."""
    folder = tmp_path / "later"
    shutil.copytree(database.MIGRATIONS, folder)
    (folder / "9000_later.sql").write_text("CREATE TABLE later (x);")
    return folder


async def test_before_a_migration_the_database_is_copied_and_can_be_gone_back_to(
    tmp_path: Path, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    async with open_store(data) as store:
        await admit(store, make_request("a"))
    assert all_copies(data / "backups") == []  # a new database has nothing to be copied
    with monkeypatch.context() as updated:
        updated.setattr(database, "MIGRATIONS", later)
        async with open_store(data) as store:
            await admit(store, make_request("b", user=2))
    [copy] = all_copies(data / "backups")
    assert copy.name.startswith("before-update-0")
    with pytest.raises(SchemaTooNew) as refused:
        async with open_store(data):
            pass
    assert f"python bot.py restore {copy}" in str(refused.value)
    assert str(data / "animate.db") in str(refused.value)


async def test_without_a_copy_before_it_nothing_is_migrated(
    tmp_path: Path, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    async with open_store(data) as store:
        await admit(store, make_request("a"))
    (data / "backups").write_text("a file in the folder's place")
    with monkeypatch.context() as updated:
        updated.setattr(database, "MIGRATIONS", later)
        with pytest.raises(StoreUnavailable, match="Nothing was changed"):
            async with open_store(data):
                pass
    async with open_store(data) as store:
        assert await queued_keys(store) == ["a"]


def test_of_each_kind_the_newest_copies_stay(tmp_path: Path) -> None:
    for number in range(MAX_KEPT + 2):
        path = tmp_path / f"before-update-{number:04}.db"
        path.write_bytes(b"")
        os.utime(path, (number, number))
    keep_newest_of(tmp_path, "before-update")
    assert [path.name[-4:-3] for path in all_copies(tmp_path)] == ["4", "3", "2"]


def test_the_schema_of_what_is_no_database_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no" * 1000)
    assert schema_of(tmp_path / "text.db") is None
    assert schema_of(tmp_path / "missing.db") is None
    connection = sqlite3.connect(tmp_path / "good.db")
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    assert schema_of(tmp_path / "good.db") == 5
