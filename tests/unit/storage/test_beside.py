"""A second connection for a command, beside the bot that holds the lock; and the file made smaller."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage import (
    SchemaTooNew,
    State,
    Store,
    StoreDamaged,
    StoreError,
    StoreLocked,
    open_store,
    open_store_beside,
    vacuum,
)
from storage.sqlite.database import migrations
from tests.unit.storage.old_databases import old_database
from tests.unit.storage.requests import admit, claim, make_request


async def test_the_bot_sees_what_a_command_commits_and_keeps_its_leases(tmp_path: Path) -> None:
    async with open_store(tmp_path) as bot:
        await admit(bot, make_request("runs"))
        lease = await claim(bot)
        await admit(bot, make_request("waits"))
        before = await bot.database.version()
        async with open_store_beside(tmp_path) as beside:
            assert len(await beside.unfinished(10)) == 2
            assert await bot.database.version() == before
            async with beside.database.transaction():
                await beside.begin_pause(until=None, reason="")
                assert await bot.pause() is None
            assert await bot.pause() == await beside.pause()
        assert await bot.database.version() != before
        assert await bot.claim("gpu", {"wan"}) is None
        assert (await bot.move(lease, State.RUNNING)).job.state is State.RUNNING


async def block_and_fail(store: Store) -> None:
    async with store.database.transaction():
        await store.block(1)
        await store.job("unknown")


async def test_a_command_that_fails_changes_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as bot, open_store_beside(tmp_path) as beside:
        with pytest.raises(StoreError, match="no job"):
            await block_and_fail(beside)
        assert await bot.bans() == []
        await bot.block(2)


async def test_of_two_at_once_the_later_one_sees_what_it_replaces(tmp_path: Path) -> None:
    async def begin(store: Store, reason: str) -> str | None:
        async with store.database.transaction():
            replaced = await store.begin_pause(until=None, reason=reason)
        return replaced.reason if replaced else None

    async with (
        open_store(tmp_path),
        open_store_beside(tmp_path) as first,
        open_store_beside(tmp_path) as second,
    ):
        found = await asyncio.gather(begin(first, "first"), begin(second, "second"))
        held = await first.pause()
        assert held
        assert found == ([None, "first"] if held.reason == "second" else ["second", None])


async def test_a_command_waits_for_a_statement_of_the_bot_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(tmp_path), open_store_beside(tmp_path) as beside:
        await beside.database.fetch("PRAGMA busy_timeout = 50", {})
        other = sqlite3.connect(tmp_path / "animate.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            async with beside.database.transaction():
                pass
        other.close()
        async with beside.database.transaction():
            await beside.block(1)


@pytest.mark.parametrize(
    ("prepare", "error", "sentence"),
    [
        ("nothing", StoreError, "there is no database in .* yet: start the bot once"),
        ("empty", StoreError, "is of an earlier version"),
        ("old", StoreError, "is of an earlier version .*start the bot of this version once"),
        ("new", SchemaTooNew, "was written by a newer version"),
        ("text", StoreDamaged, "is damaged"),
        ("restored", StoreError, "is about to be replaced"),
    ],
)
async def test_a_database_of_another_version_is_left_alone(
    tmp_path: Path, prepare: str, error: type[Exception], sentence: str
) -> None:
    path = tmp_path / "animate.db"
    newest = max(migrations())
    match prepare:
        case "nothing":
            pass
        case "empty":
            path.touch()
        case "old":
            with old_database(tmp_path, newest - 1):
                pass
        case "text":
            path.write_text("no database" * 1000)
        case _:
            async with open_store(tmp_path):
                pass
            if prepare == "restored":
                (tmp_path / "animate.db.restored").touch()
            else:
                connection = sqlite3.connect(path)
                connection.execute(f"PRAGMA user_version = {newest + 1}")
                connection.close()
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(error, match=sentence):
        async with open_store_beside(tmp_path):
            pass
    assert (path.read_bytes() if path.exists() else None) == before


async def fill(store: Store) -> None:
    """Leave a megabyte of free pages."""
    await store.database.fetch("CREATE TABLE filler (data BLOB)", {})
    await store.database.fetch("INSERT INTO filler VALUES (zeroblob(1000000))", {})
    await store.database.fetch("DROP TABLE filler", {})


async def test_vacuum_beside_the_bot_returns_free_pages(tmp_path: Path) -> None:
    async with open_store(tmp_path) as bot:
        await fill(bot)
        await bot.database.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {})
        async with open_store_beside(tmp_path) as beside:
            done = await vacuum(beside)
        assert not done.whole
        assert done.before - done.after > 900_000
        assert done.after == sum(
            (tmp_path / name).stat().st_size for name in ("animate.db", "animate.db-wal")
        )
        await admit(bot, make_request("goes on"))


async def test_a_file_that_cannot_become_smaller_beside_the_bot_is_written_anew_without_it(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path) as bot:
        await fill(bot)
    connection = sqlite3.connect(tmp_path / "animate.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;")
    connection.close()
    async with open_store(tmp_path) as bot:
        await fill(bot)
        async with open_store_beside(tmp_path) as beside:
            with pytest.raises(StoreError, match="end the bot, then vacuum again"):
                await vacuum(beside)
    async with open_store_beside(tmp_path) as beside:
        done = await vacuum(beside)
        assert done.whole
        assert done.before - done.after > 900_000
    async with open_store(tmp_path) as bot, open_store_beside(tmp_path) as beside:
        await fill(bot)
        assert not (await vacuum(beside)).whole
