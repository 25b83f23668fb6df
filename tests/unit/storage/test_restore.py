"""Backups and restores as their owner meets them: after a clean stop, a kill, with old logs, wrong files."""

import shutil
import signal
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from storage import CopyUnusable, SchemaTooNew, StoreDamaged, StoreError, StoreInUse, open_store
from storage.restore import back_up, restore
from storage.sqlite.copies import files_of, staged_copy
from tests.forking.python import run_python
from tests.unit.storage.requests import admit, make_request, queued_keys

ROOT = Path(__file__).parents[3]
# Admits a job and dies with its rows in the log.
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from storage import open_store
from tests.forking.python import run_python
from tests.unit.storage.requests import admit, make_request

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        await admit(store, make_request(sys.argv[2]))
        os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))  # Windows' SIGTERM is as sudden

asyncio.run(main())
"""


async def fill(folder: Path, *keys: str) -> None:
    async with open_store(folder) as store:
        for number, key in enumerate(keys):
            await admit(store, make_request(key, user=number + 1))


async def keys(folder: Path) -> Sequence[str]:
    async with open_store(folder) as store:
        return await queued_keys(store)


def admit_and_die(folder: Path, key: str) -> None:
    done = run_python("-c", KILLED, str(folder), key, check=False)
    assert abs(done.returncode) in (signal.SIGTERM, 9)  # it died of the signal, not of an error
    assert (folder / "animate.db-wal").stat().st_size > 0


async def test_a_backup_is_one_file_also_while_the_store_is_open(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "here" / "copy.db"
    async with open_store(data) as store:
        await admit(store, make_request("a"))
        assert back_up(data, target) == target
        await admit(store, make_request("b", user=2))
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert (await restore(data, target)).jobs == 1
    assert await keys(data) == ["a"]


async def test_a_backup_without_a_name_goes_into_the_folder_of_backups(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    target = back_up(tmp_path, None)
    assert target.parent == tmp_path / "backups"
    assert (await restore(tmp_path, Path(target.name))).jobs == 1  # its name alone is enough


async def test_a_backup_overwrites_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await fill(data, "a")
    other = tmp_path / "letter.txt"
    other.write_text("dear Ada")
    with pytest.raises(StoreError, match=r"letter\.txt"):
        back_up(data, other)
    with pytest.raises(StoreError, match="itself"):
        back_up(data, data / "animate.db")
    with pytest.raises(StoreError, match="no database"):
        back_up(tmp_path / "empty", None)
    assert other.read_text() == "dear Ada"
    assert back_up(data, back_up(data, tmp_path / "copy.db")).exists()


async def test_restore_after_a_clean_stop_keeps_what_was_there(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, None)
    await fill(tmp_path, "b")
    done = await restore(tmp_path, copy)
    assert await keys(tmp_path) == ["a"]
    assert done.replaced
    assert (await restore(tmp_path, done.replaced)).jobs == 2
    assert copy.exists()


async def test_restore_after_a_kill_takes_nothing_of_the_log_that_lies_there(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, None)
    admit_and_die(tmp_path, "in the log")
    done = await restore(tmp_path, copy)
    assert await keys(tmp_path) == ["a"]
    assert done.replaced
    await restore(tmp_path, done.replaced)  # the log of before belongs to it and was kept with it
    assert sorted(await keys(tmp_path)) == ["a", "in the log"]


async def test_restore_beside_an_old_log_of_another_database(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    await fill(data, "a", "b")
    copy = back_up(data, tmp_path / "copy.db")
    admit_and_die(other, "of another")
    for name in ("animate.db-wal", "animate.db-shm"):
        shutil.copyfile(other / name, data / name)
    await restore(data, copy)
    assert sorted(await keys(data)) == ["a", "b"]


async def test_restore_of_a_copy_with_its_own_log_beside_it(tmp_path: Path) -> None:
    admit_and_die(tmp_path / "old", "in the log")
    await restore(tmp_path / "new", tmp_path / "old" / "animate.db")
    assert await keys(tmp_path / "new") == ["in the log"]
    assert (tmp_path / "old" / "animate.db-wal").stat().st_size > 0


async def test_restore_of_a_newer_schema_is_refused_with_the_copy_to_take_instead(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    good, new = back_up(tmp_path, None), tmp_path / "new.db"
    shutil.copyfile(good, new)
    set_schema(new, 9999)
    with pytest.raises(SchemaTooNew, match="9999") as refused:
        await restore(tmp_path, new)
    assert f"restore {good}" in str(refused.value)
    assert await keys(tmp_path) == ["a"]


def set_schema(path: Path, number: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()


def has_scratch(folder: Path) -> bool:
    return any(folder.glob("restore-*"))


def no_file(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[3 * 4096 : 5 * 4096] = b"\xff" * 8192
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("-- a dump\n" * 1000)


def of_another_program(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmark (x)")
    connection.close()


@pytest.mark.parametrize("spoil", [no_file, cut, overwrite, empty, text, of_another_program])
async def test_restore_of_a_file_that_is_no_whole_copy_changes_nothing(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, tmp_path / "copy.db")
    good = back_up(tmp_path, None)
    spoil(copy)
    with pytest.raises(CopyUnusable) as refused:
        await restore(tmp_path, copy)
    assert str(copy) in str(refused.value)
    assert str(good) in str(refused.value)
    assert await keys(tmp_path) == ["a"]
    assert not has_scratch(tmp_path)


async def test_restore_while_a_bot_runs_is_refused(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, None)
    async with open_store(tmp_path) as store:
        await admit(store, make_request("b", user=2))
        with pytest.raises(StoreInUse, match="end it first"):
            await restore(tmp_path, copy)
        assert sorted(await queued_keys(store)) == ["a", "b"]


async def test_restore_over_a_damaged_database_and_where_there_is_none(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, tmp_path / "copy.db")
    overwrite(tmp_path / "animate.db")
    with pytest.raises(StoreDamaged) as damaged:
        await fill(tmp_path, "b")
    for words in ("animate.db, animate.db-wal and animate.db-shm", "bot.py restore", str(tmp_path)):
        assert words in str(damaged.value)
    await restore(tmp_path, copy)
    assert await keys(tmp_path) == ["a"]
    assert (await restore(tmp_path / "new", copy)).replaced is None
    assert await keys(tmp_path / "new") == ["a"]


async def test_a_restore_that_is_killed_is_finished_by_the_next_start(tmp_path: Path) -> None:
    await fill(tmp_path, "a")
    copy = back_up(tmp_path, None)
    admit_and_die(tmp_path, "in the log")
    shutil.copyfile(copy, staged_copy(tmp_path / "animate.db"))
    files_of(tmp_path / "animate.db")[1].unlink()
    assert await keys(tmp_path) == ["a"]
    assert not staged_copy(tmp_path / "animate.db").exists()


async def test_what_people_had_deleted_since_the_backup_is_deleted_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        wanted = (("ada 1", 1), ("ada 2", 1), ("bob 1", 2), ("bob 2", 2))
        first, *_ = [(await admit(store, make_request(key, user=user))).job for key, user in wanted]
        await store.set_language(2, "zh-CN")
        copy = back_up(tmp_path, None)
        await store.mark_for_deletion(first.id)
        await store.mark_all_for_deletion(2)
        await admit(store, make_request("bob, later", user=2))
        later = back_up(tmp_path, tmp_path / "later.db")
    done = await restore(tmp_path, copy)
    assert done.erased == 2
    async with open_store(tmp_path) as store:
        marked = {job.key for job in await store.marked_for_deletion()}
        assert marked == {"ada 1", "bob 1", "bob 2"}
        assert await store.language(2) is None
    done = await restore(tmp_path, later)
    assert done.erased == 0  # it knows of both
    async with open_store(tmp_path) as store:
        assert "bob, later" not in {job.key for job in await store.marked_for_deletion()}
