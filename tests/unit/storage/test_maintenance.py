"""Periodic maintenance: expired jobs, backups, and tasks that fail."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from storage import (
    Blobs,
    Job,
    QueueLimits,
    Reason,
    Retention,
    State,
    Store,
    open_store,
)
from storage.maintenance import Maintenance
from tests.blob_files import local_blobs
from tests.unit.storage.requests import (
    Clock,
    admit,
    claim,
    make_maintenance,
    make_request,
    queued_keys,
)

DAY = 86400.0


async def test_jobs_that_waited_too_long_end_and_say_so(store: Store, files: Blobs, clock: Clock) -> None:
    expired: list[Job] = []
    store = Store(store.database, clock, QueueLimits(longest_wait=3600))
    await admit(store, make_request("old"))
    running = await claim(store)
    await admit(store, make_request("late"))
    clock.time += 1800
    await admit(store, make_request("young"))
    clock.time += 1800
    await make_maintenance(store, files, expired).expire()
    assert [(job.key, job.reason) for job in expired] == [
        ("late", Reason(code="expired", values={"hours": 1.0}))
    ]
    assert await queued_keys(store) == ["young"]
    assert (await store.current(running)).job.state == State.CLAIMED
    assert (await store.transitions(expired[0].id))[-1].mover == "rules"


async def test_no_limit_on_waiting_lets_jobs_wait(store: Store, files: Blobs, clock: Clock) -> None:
    store = Store(store.database, clock, QueueLimits(longest_wait=None))
    await admit(store, make_request("old"))
    clock.time += 1e9
    assert await store.expire() == []


async def test_copies_are_made_once_an_hour_and_a_number_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    async with open_store(tmp_path) as store:
        files = local_blobs(tmp_path, store.database)
        keep = make_maintenance(store, files, backups=2)
        for _ in range(2):
            await keep.back_up()
        (first,) = folder.iterdir()
        for age in (3, 2):
            first = first.rename(folder / f"animate-2020010{age}-000000.db")
            os.utime(first, (time.time() - 7200,) * 2)
            await keep.back_up()
        assert len(list(folder.iterdir())) == 2
        await make_maintenance(store, files, backups=0).back_up()
        assert list(folder.iterdir()) == []


async def test_maintenance_goes_on_where_a_task_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "backups").write_text("not a folder")
    expired = asyncio.Queue[Job]()
    async with open_store(tmp_path, QueueLimits(longest_wait=0)) as store:
        await admit(store, make_request("a"))
        files = local_blobs(tmp_path, store.database)
        keep = asyncio.create_task(Maintenance(store, files, Retention(), expired.put_nowait).run())
        assert (await asyncio.wait_for(expired.get(), 10)).key == "a"
        async with asyncio.timeout(10):
            while "back_up is left for later" not in caplog.text:
                assert not keep.done()
                await asyncio.wait([keep], timeout=0.01)
        keep.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keep
