"""The care of the file: what breaks it, what copies it, what it forgets."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import (
    FileStore,
    Job,
    Maintenance,
    QueueLimits,
    Reason,
    Retention,
    State,
    Store,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreUnavailable,
    open_store,
    retention,
)
from storage.sqlite import database
from storage.sqlite.database import open_database
from tests.unit.storage.requests import BROKEN, Clock, admit, claim, finish, line, wish

DAY = 86400.0


async def number(store: Store, sql: str) -> int:
    row = await store.database.fetch_one(sql, {})
    assert row is not None
    return int(row[0])


async def test_a_full_disk_is_said_so_and_work_goes_on_when_there_is_room(store: Store) -> None:
    await admit(store, wish("before"))
    await number(store, f"PRAGMA max_page_count = {await number(store, 'PRAGMA page_count')}")
    with pytest.raises(StoreFull, match="free some space"):
        await admit(store, wish("long", locale="x" * 100_000))
    assert await line(store) == ["before"]
    await number(store, "PRAGMA max_page_count = 1000000")
    assert (await admit(store, wish("after"))).created
    assert await number(store, "SELECT count(*) FROM job") == 2


async def test_a_file_that_another_program_holds_is_waited_for_then_said_so(store: Store) -> None:
    await admit(store, wish("a"))
    await store.database.fetch("PRAGMA busy_timeout = 50", {})
    other = sqlite3.connect(store.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="another program"):
        await store.claim("server", {"wan"})
    assert await line(store) == ["a"]
    other.close()
    assert (await claim(store)).job.key == "a"


@pytest.mark.parametrize("offset", [0, 3 * 4096])
async def test_a_broken_page_is_found_at_start(tmp_path: Path, offset: int) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, wish("a"))
    with (tmp_path / "animate.db").open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 4096)
    with pytest.raises(StoreDamaged, match="backups"):
        async with open_store(tmp_path):
            pass


async def test_a_failing_migration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, wish("a"))
    bad = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, bad)
    (bad / "9999_bad.sql").write_text("CREATE TABLE new (x); INSERT INTO nowhere VALUES (1);")
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", bad)
        with pytest.raises(StoreUnavailable, match="nowhere"):
            async with open_store(tmp_path):
                pass
    async with open_store(tmp_path) as store:
        assert await line(store) == ["a"]
        assert await number(store, "SELECT count(*) FROM sqlite_master WHERE name = 'new'") == 0


async def test_a_copy_made_while_work_goes_on_is_whole(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with open_store(tmp_path) as store, asyncio.TaskGroup() as tasks:
        for n in range(50):
            tasks.create_task(admit(store, wish(str(n), user=n)))
        tasks.create_task(store.database.copy_to(tmp_path / "copy" / "animate.db"))
    async with open_store(tmp_path / "copy") as copy:
        jobs = await number(copy, "SELECT count(*) FROM job")
        assert jobs <= 50
        assert await number(copy, "SELECT coalesce(sum(queued), 0) FROM person") == jobs
        assert (await admit(copy, wish("new"))).created


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


@pytest.fixture
async def aged(tmp_path: Path) -> AsyncGenerator[Store]:
    """A store whose every job is a hundred days old."""
    async with open_store(tmp_path) as store:
        yield Store(store.database, lambda: time.time() - 100 * DAY)


async def failed(store: Store, key: str, **changes: object) -> Job:
    """A job that came to its end."""
    await admit(store, wish(key, **changes))
    return (await store.move(await claim(store), State.FAILED, reason=BROKEN)).job


def maintenance(
    store: Store, files: FileStore, expired: list[Job] | None = None, **days: float
) -> Maintenance:
    told = [] if expired is None else expired
    return Maintenance(store, files, Retention(**days), told.append)  # type: ignore[arg-type]


async def test_old_rows_go_with_their_events_and_their_rerolls_stay(aged: Store, files: FileStore) -> None:
    first = await failed(aged, "first")
    young = Store(aged.database)
    child = await failed(young, "child", parent=first.id)
    waiting = (await admit(aged, wish("waiting"))).job
    await maintenance(aged, files, rows=30).apply_retention()
    assert await number(aged, "SELECT count(*) FROM job") == 2
    assert await number(aged, "SELECT count(*) FROM event WHERE job NOT IN (SELECT seq FROM job)") == 0
    kept = await aged.job(child.id)
    assert (kept.parent, kept.root) == (None, first.id)
    assert (await aged.job(waiting.id)).state == State.QUEUED


async def test_rows_are_removed_in_small_steps_and_the_file_shrinks(
    aged: Store, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 7)
    for n in range(30):
        await failed(aged, str(n), locale="x" * 5000)
    before = await number(aged, "PRAGMA page_count")
    await maintenance(aged, files, rows=30).apply_retention()
    assert await number(aged, "SELECT count(*) FROM job") == 0
    assert await number(aged, "PRAGMA page_count") < before / 2


async def old_picture(files: FileStore, tmp_path: Path, data: bytes) -> str:
    """A picture kept a hundred days ago."""
    name = await files.save_picture(data)
    os.utime(tmp_path / "pictures" / name, (time.time() - 100 * DAY,) * 2)
    return name


async def test_a_picture_goes_when_no_job_needs_it(
    aged: Store, files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 2)
    names = [await old_picture(files, tmp_path, bytes([n])) for n in range(5)]
    finished, waiting, young, nobody, held = names
    for n in range(5):
        await failed(aged, f"finished {n}", picture=finished)
    await failed(Store(aged.database), "young", picture=young)
    await admit(aged, wish("waiting", picture=waiting))
    await files.touch_picture(held)
    fresh = await files.save_picture(b"fresh")
    await maintenance(aged, files, pictures=30).apply_retention()
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {waiting, young, held, fresh}
    with pytest.raises(FileNotFoundError):
        await files.touch_picture(nobody)


async def test_a_clip_goes_after_its_days_unless_its_job_is_in_work(aged: Store, files: FileStore) -> None:
    await admit(aged, wish("done"))
    done = await finish(aged, await claim(aged), 5)
    await admit(aged, wish("delivering"))
    delivering = await aged.move(await claim(aged), State.DELIVERING, clip="x")
    ids = [done.job.id, f"{done.job.id}.fitted", delivering.job.id, "torn"]
    for name in ids:
        path = files.clip_path(f"{name}.mp4")
        path.write_bytes(b"clip")
        os.utime(path, (time.time() - 100 * DAY,) * 2)
    files.clip_path("young.mp4").write_bytes(b"clip")
    await maintenance(aged, files, clips=30).apply_retention()
    left = {path.name for path in files.clip_path("").iterdir()}
    assert left == {f"{delivering.job.id}.mp4", "young.mp4"}


async def test_jobs_that_waited_too_long_end_and_say_so(store: Store, files: FileStore, clock: Clock) -> None:
    expired: list[Job] = []
    store = Store(store.database, clock, QueueLimits(longest_wait=3600))
    await admit(store, wish("old"))
    running = await claim(store)
    await admit(store, wish("late"))
    clock.time += 1800
    await admit(store, wish("young"))
    clock.time += 1800
    await maintenance(store, files, expired).expire()
    assert [(job.key, job.reason) for job in expired] == [
        ("late", Reason(code="expired", values={"hours": 1.0}))
    ]
    assert await line(store) == ["young"]
    assert (await store.current(running)).job.state == State.CLAIMED
    assert (await store.transitions(expired[0].id))[-1].mover == "rules"


async def test_no_limit_on_waiting_lets_jobs_wait(store: Store, files: FileStore, clock: Clock) -> None:
    store = Store(store.database, clock, QueueLimits(longest_wait=None))
    await admit(store, wish("old"))
    clock.time += 1e9
    assert await store.expire() == []


async def test_copies_are_made_once_an_hour_and_a_number_is_kept(tmp_path: Path, files: FileStore) -> None:
    folder = tmp_path / "backups"
    async with open_store(tmp_path) as store:
        keep = maintenance(store, files, backups=2)
        for _ in range(2):
            await keep.back_up()
        (first,) = folder.iterdir()
        for age in (3, 2):
            first = first.rename(folder / f"animate-2020010{age}-000000.db")
            os.utime(first, (time.time() - 7200,) * 2)
            await keep.back_up()
        assert len(list(folder.iterdir())) == 2
        await maintenance(store, files, backups=0).back_up()
        assert list(folder.iterdir()) == []


async def test_the_keeper_goes_on_where_a_chore_fails(
    tmp_path: Path, files: FileStore, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "backups").write_text("not a folder")
    told = asyncio.Queue[Job]()
    async with open_store(tmp_path, QueueLimits(longest_wait=0)) as store:
        await admit(store, wish("a"))
        keep = asyncio.create_task(Maintenance(store, files, Retention(), told.put_nowait).run())
        assert (await asyncio.wait_for(told.get(), 10)).key == "a"
        while "back_up is left for later" not in caplog.text:
            assert not keep.done()
            await asyncio.wait([keep], timeout=0.01)
        keep.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keep


async def test_a_backup_that_is_cancelled_harms_nobody(tmp_path: Path) -> None:
    async with open_database(tmp_path / "animate.db") as database:
        for number in range(20):
            copying = asyncio.create_task(database.copy_to(tmp_path / f"{number}.db"))
            await asyncio.sleep(0)
            copying.cancel()
            await asyncio.wait({copying})
        await database.copy_to(tmp_path / "whole.db")
    assert (tmp_path / "whole.db").exists()
