"""Old rows, pictures and clips are removed, in batches, and nothing that is still needed."""

import os
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import Blobs, Draft, Job, State, Store, open_store, retention
from storage.blobs.errors import FilesLeft
from storage.retention import DAY, remove_preferences
from tests.blob_files import clip_path, local_blobs, make_old
from tests.unit.storage.blobs.test_blobs import refuse_removal
from tests.unit.storage.requests import (
    NODE_FAILED,
    Clock,
    admit,
    claim,
    finish,
    make_maintenance,
    make_request,
)


async def number(store: Store, sql: str) -> int:
    row = await store.database.fetch_one(sql, {})
    assert row is not None
    return int(row[0])


@pytest.fixture
async def aged(tmp_path: Path) -> AsyncGenerator[Store]:
    """A store whose every job is a hundred days old."""
    async with open_store(tmp_path) as store:
        yield Store(store.database, lambda: time.time() - 100 * DAY)


@pytest.fixture
def files(tmp_path: Path, request: pytest.FixtureRequest) -> Blobs:
    """Those of the store that the test has."""
    store: Store = request.getfixturevalue("aged" if "aged" in request.fixturenames else "store")
    return local_blobs(tmp_path, store.database)


async def failed(store: Store, key: str, **changes: object) -> Job:
    """A job that came to its end."""
    await admit(store, make_request(key, **changes))
    return (await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)).job


async def test_old_rows_go_with_their_events_and_their_rerolls_stay(aged: Store, files: Blobs) -> None:
    first = await failed(aged, "first")
    young = Store(aged.database, time.time)
    child = await failed(young, "child", parent=first.id)
    waiting = (await admit(aged, make_request("waiting"))).job
    await make_maintenance(aged, files, rows=30).apply_retention()
    assert await number(aged, "SELECT count(*) FROM job") == 2
    assert await number(aged, "SELECT count(*) FROM event WHERE job NOT IN (SELECT seq FROM job)") == 0
    kept = await aged.job(child.id)
    assert (kept.parent, kept.root) == (None, first.id)
    assert (await aged.job(waiting.id)).state == State.QUEUED


async def test_rows_are_removed_in_small_steps_and_the_file_shrinks(
    aged: Store, files: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 7)
    for n in range(70):
        await failed(aged, str(n), locale="x" * 5000)
    before = await number(aged, "PRAGMA page_count")
    await make_maintenance(aged, files, rows=30).apply_retention()
    assert await number(aged, "SELECT count(*) FROM job") == 0
    assert await number(aged, "PRAGMA page_count") < before / 2


async def old_picture(files: Blobs, data: bytes) -> str:
    """A picture kept a hundred days ago."""
    name = await files.save_picture(data)
    await make_old(files, name, time.time() - 100 * DAY)
    return name


async def test_a_picture_goes_when_no_job_needs_it(
    aged: Store, files: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 2)
    names = [await old_picture(files, bytes([n])) for n in range(8)]
    finished, waiting, young, nobody, held, last_of_finished, last_of_waiting, last_of_young = names
    for n in range(5):
        await failed(aged, f"finished {n}", picture=finished, last_picture=last_of_finished)
    await failed(Store(aged.database, time.time), "young", picture=young, last_picture=last_of_young)
    await admit(aged, make_request("waiting", picture=waiting, last_picture=last_of_waiting))
    await admit(aged, make_request("loop", picture=waiting, last_picture=waiting))
    await files.touch_picture(held)
    fresh = await files.save_picture(b"fresh")
    await make_maintenance(aged, files, pictures=30).apply_retention()
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        waiting,
        young,
        held,
        fresh,
        last_of_waiting,
        last_of_young,
    }
    with pytest.raises(FileNotFoundError):
        await files.touch_picture(nobody)


async def test_a_clip_goes_after_its_days_unless_its_job_is_in_work(aged: Store, files: Blobs) -> None:
    await admit(aged, make_request("done"))
    done = await finish(aged, await claim(aged), 5)
    await admit(aged, make_request("delivering"))
    delivering = await aged.move(await claim(aged), State.DELIVERING, clip="x")
    ids = [done.job.id, f"{done.job.id}.fitted", delivering.job.id, "torn"]
    for name in ids:
        path = clip_path(files, f"{name}.mp4")
        path.write_bytes(b"clip")
        os.utime(path, (time.time() - 100 * DAY,) * 2)
    clip_path(files, "young.mp4").write_bytes(b"clip")
    await make_maintenance(aged, files, clips=30).apply_retention()
    left = {path.name for path in clip_path(files, "").iterdir()}
    assert left == {f"{delivering.job.id}.mp4", "young.mp4"}


async def test_people_without_jobs_are_forgotten_when_the_day_is_over(store: Store, clock: Clock) -> None:
    for user in (1, 2, 3):
        job = (await admit(store, make_request(str(user), user=user))).job
        if user < 3:
            await finish(store, await claim(store), 30.0)
            await store.delete_job(job.id)
    clock.time += DAY
    today = (await admit(store, make_request("today", user=2))).job
    await store.delete_job(today.id)
    await remove_preferences(store.database, clock.time)
    rows = await store.database.fetch("SELECT id FROM person ORDER BY id", {})
    assert [row["id"] for row in rows] == [2, 3]


async def test_what_a_kill_left_stops_no_retention(aged: Store, files: Blobs, tmp_path: Path) -> None:
    await failed(aged, "old")
    picture = await old_picture(files, b"picture")
    for path in (
        clip_path(files, "tmp1a2b"),
        tmp_path / "pictures" / "folder",
        tmp_path / "backups" / "animate-1.db",
    ):
        path.mkdir(parents=True)
        (path / "half.mp4").write_bytes(b"half")
        os.utime(path, (time.time() - 100 * DAY,) * 2)
    keep = make_maintenance(aged, files, rows=30, backups=1)
    await keep.apply_retention()
    await keep.back_up()
    assert keep.failures == {}
    assert await number(aged, "SELECT count(*) FROM job") == 0
    assert list((tmp_path / "clips").iterdir()) == []
    assert not (tmp_path / "pictures" / picture).exists()
    assert not (tmp_path / "pictures" / "folder").exists()


async def test_a_chore_that_fails_stops_no_other(
    aged: Store, files: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = clip_path(files, "stuck.mp4")
    stuck.write_bytes(b"clip")
    os.utime(stuck, (time.time() - 100 * DAY,) * 2)
    refuse_removal(monkeypatch, "stuck.mp4")
    await aged.save_draft(Draft(id=1, user_id=1, url="https://cdn/1"))
    await failed(aged, "old")
    picture = await old_picture(files, b"picture")
    keep = make_maintenance(aged, files, rows=30)
    for _ in range(2):
        await keep.apply_retention()
    assert {name: each.times for name, each in keep.failures.items()} == {"the retention of clips": 2}
    assert await number(aged, "SELECT count(*) FROM job") == 0
    assert not (tmp_path / "pictures" / picture).exists()


async def test_a_draft_goes_after_its_day(store: Store, files: Blobs, clock: Clock) -> None:
    await store.save_draft(Draft(id=1, user_id=1, url="https://cdn/1"))
    clock.time += 2 * DAY
    await make_maintenance(store, files).apply_retention()
    assert await number(store, "SELECT count(*) FROM draft") == 0


async def test_a_month_of_retention_leaves_what_it_should(
    store: Store, files: Blobs, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", clock)
    clock.time = began = time_of_files(tmp_path)
    picture = await files.save_picture(b"picture")
    done = await failed(store, "done", picture=picture)
    waiting = (await admit(store, make_request("waiting", picture=await files.save_picture(b"waits")))).job
    for job in (done, waiting):
        clip_path(files, f"{job.id}.mp4").write_bytes(b"clip")
    clip_path(files, "tmp1a2b").mkdir()
    keep = make_maintenance(store, files, rows=28, pictures=14, clips=7)
    for day in range(31):
        clock.time = began + day * DAY + 60
        await keep.apply_retention()
        assert keep.failures == {}
        clips = {path.name.partition(".")[0] for path in (tmp_path / "clips").iterdir()}
        pictures = {path.name for path in (tmp_path / "pictures").iterdir()}
        assert clips - {waiting.id} == ({done.id, "tmp1a2b"} if day < 7 else set()), day
        assert pictures - {waiting.picture} == ({picture} if day < 14 else set()), day
        assert (await store.find(done.id) is not None) == (day < 28), day
        assert waiting.id in clips
        assert waiting.picture in pictures
        assert await store.find(waiting.id)


def time_of_files(folder: Path) -> float:
    """The time that the files' clock has."""
    (folder / "now").write_bytes(b"")
    return (folder / "now").stat().st_mtime


async def test_old_clips_are_removed_with_one_listing_of_their_folder_and_few_statements(
    aged: Store, files: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 50)
    await admit(aged, make_request("done"))
    done = await finish(aged, await claim(aged), 5)
    for name in (done.job.id, *(f"old{number}" for number in range(399))):
        path = clip_path(files, f"{name}.mp4")
        path.write_bytes(b"clip")
        os.utime(path, (time.time() - 100 * DAY,) * 2)
    refuse_removal(monkeypatch, "old7.mp4")
    listings, statements = count_listings(monkeypatch), count_statements(aged, monkeypatch)
    with pytest.raises(FilesLeft, match="1 clips"):
        await retention.remove_clips(aged.database, files, time.time() - 30 * DAY)
    assert listings == ["clips"]
    assert len(statements) <= 4 * 400 / 50 + 2
    assert [path.name for path in clip_path(files, "").iterdir()] == ["old7.mp4"]
    assert (await aged.job(done.job.id)).clip is None


def count_listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that are listed from now on."""
    listed, list_folder = list[str](), Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: listed.append(path.name) or list_folder(path))
    return listed


def count_statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that run from now on."""
    run, fetch = list[str](), store.database.fetch
    monkeypatch.setattr(store.database, "fetch", lambda sql, values: run.append(sql) or fetch(sql, values))
    return run
