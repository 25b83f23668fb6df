"""The database file: who may open it, what breaks it, how it is copied."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from storage import (
    SchemaTooNew,
    Store,
    StoreDamaged,
    StoreFull,
    StoreInUse,
    StoreLocked,
    StoreUnavailable,
    open_store,
)
from storage.sqlite import database
from storage.sqlite.database import exclusive_lock, open_database, translated_errors
from tests.unit.storage.requests import (
    admit,
    claim,
    make_request,
    queued_keys,
)


async def number(store: Store, sql: str) -> int:
    row = await store.database.fetch_one(sql, {})
    assert row is not None
    return int(row[0])


async def test_a_second_bot_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        with pytest.raises(StoreInUse):
            async with open_store(tmp_path):
                pass
    async with open_store(tmp_path):
        pass


async def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        async with open_store(tmp_path / "file" / "data"):
            pass


async def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "animate.db")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(SchemaTooNew):
        async with open_store(tmp_path):
            pass


async def test_an_acknowledged_row_is_durable(tmp_path: Path) -> None:
    async with open_database(tmp_path / "animate.db") as database:
        journal = await database.fetch_one("PRAGMA journal_mode", {})
        synchronous = await database.fetch_one("PRAGMA synchronous", {})
        assert journal is not None
        assert synchronous is not None
        assert (journal[0], synchronous[0]) == ("wal", 2)


async def test_a_cancelled_task_leaves_the_connection_usable(sqlite_store: Store) -> None:
    tasks = [
        asyncio.create_task(admit(sqlite_store, make_request(str(n), user=n), limit=5)) for n in range(50)
    ]
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await admit(sqlite_store, make_request("after"), limit=60)).created
    assert len(await sqlite_store.waiting()) >= 26


async def test_a_full_disk_is_said_so_and_work_goes_on_when_there_is_room(sqlite_store: Store) -> None:
    await admit(sqlite_store, make_request("before"))
    await number(sqlite_store, f"PRAGMA max_page_count = {await number(sqlite_store, 'PRAGMA page_count')}")
    with pytest.raises(StoreFull, match="free some space"):
        await admit(sqlite_store, make_request("long", locale="x" * 100_000))
    assert await queued_keys(sqlite_store) == ["before"]
    await number(sqlite_store, "PRAGMA max_page_count = 1000000")
    assert (await admit(sqlite_store, make_request("after"))).created
    assert await number(sqlite_store, "SELECT count(*) FROM job") == 2


async def test_a_file_that_another_program_holds_is_waited_for_then_said_so(sqlite_store: Store) -> None:
    await admit(sqlite_store, make_request("a"))
    await sqlite_store.database.fetch("PRAGMA busy_timeout = 50", {})
    other = sqlite3.connect(sqlite_store.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="another program"):
        await sqlite_store.claim("server", {"wan"})
    assert await queued_keys(sqlite_store) == ["a"]
    other.close()
    assert (await claim(sqlite_store)).job.key == "a"


@pytest.mark.parametrize("offset", [0, 3 * 4096])
async def test_a_broken_page_is_found_at_start(tmp_path: Path, offset: int) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, make_request("a"))
    with (tmp_path / "animate.db").open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 4096)
    with pytest.raises(StoreDamaged, match="backups"):
        async with open_store(tmp_path):
            pass


async def test_a_failing_migration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, make_request("a"))
    bad = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, bad)
    (bad / "9999_bad.sql").write_text("CREATE TABLE new (x); INSERT INTO nowhere VALUES (1);")
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", bad)
        with pytest.raises(StoreUnavailable, match="nowhere"):
            async with open_store(tmp_path):
                pass
    async with open_store(tmp_path) as store:
        assert await queued_keys(store) == ["a"]
        assert await number(store, "SELECT count(*) FROM sqlite_master WHERE name = 'new'") == 0


async def test_a_copy_made_while_work_goes_on_is_whole(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with open_store(tmp_path) as store, asyncio.TaskGroup() as tasks:
        for n in range(50):
            tasks.create_task(admit(store, make_request(str(n), user=n)))
        tasks.create_task(store.database.copy_to(tmp_path / "copy" / "animate.db"))
    async with open_store(tmp_path / "copy") as copy:
        jobs = await number(copy, "SELECT count(*) FROM job")
        assert jobs <= 50
        assert await number(copy, "SELECT coalesce(sum(queued), 0) FROM person") == jobs
        assert (await admit(copy, make_request("new"))).created


async def test_a_backup_that_is_cancelled_harms_nobody(tmp_path: Path) -> None:
    async with open_database(tmp_path / "animate.db") as database:
        for number in range(20):
            copying = asyncio.create_task(database.copy_to(tmp_path / f"{number}.db"))
            await asyncio.sleep(0)
            copying.cancel()
            await asyncio.wait({copying})
        await database.copy_to(tmp_path / "whole.db")
    assert (tmp_path / "whole.db").exists()


async def test_a_statement_returns_all_its_rows_or_the_first_or_none(sqlite_store: Store) -> None:
    rows = await sqlite_store.database.fetch("SELECT value FROM json_each(:list)", {"list": "[1, 2]"})
    assert [row["value"] for row in rows] == [1, 2]
    first = await sqlite_store.database.fetch_one("SELECT value FROM json_each('[1, 2]')", {})
    assert first is not None
    assert first["value"] == 1
    assert await sqlite_store.database.fetch_one("SELECT 1 WHERE 0", {}) is None


async def test_an_error_of_sqlite_becomes_one_of_the_store(sqlite_store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="no such table"):
        await sqlite_store.database.fetch("SELECT 1 FROM nowhere", {})
    error = sqlite3.OperationalError("busy")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    with pytest.raises(StoreLocked), translated_errors():
        raise error


def test_a_lock_is_exclusive_until_its_block_ends(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive_lock(tmp_path / "a.lock"), pytest.raises(StoreInUse):
            exclusive_lock(tmp_path / "a.lock").__enter__()
