"""What every database does alike: its statements, their values, transactions, and its clock."""

import asyncio

import pytest

from storage import Store, StoreUnavailable
from storage.database import Change, QueueOperation
from tests.unit.storage.requests import Clock, admit, make_params, make_request


async def test_a_statement_returns_all_its_rows_or_the_first_or_none(store: Store) -> None:
    rows = await store.database.fetch(
        "SELECT value FROM LIST(:seqs) AS each ORDER BY value", {"seqs": [2, 1]}
    )
    assert [row["value"] for row in rows] == [1, 2]
    first = await store.database.fetch_one("SELECT value FROM LIST(:names) AS each", {"names": ["x"]})
    assert first is not None
    assert (first["value"], first[0], dict(first)) == ("x", "x", {"value": "x"})
    assert await store.database.fetch_one("SELECT 1 WHERE 1 = 0", {}) is None


async def test_the_time_is_that_of_the_clock(store: Store, clock: Clock) -> None:
    clock.time = 86400 * 3 + 0.5
    row = await store.database.fetch_one("SELECT :now AS now, :day AS day", {})
    assert row is not None
    assert (row["now"], row["day"]) == (clock.time, 3)


async def test_a_list_may_be_empty(store: Store) -> None:
    assert await store.database.fetch("SELECT value FROM LIST(:seqs) AS each", {"seqs": []}) == []
    row = await store.database.fetch_one(
        "SELECT 1 WHERE :name NOT IN LIST(:names)", {"name": "a", "names": []}
    )
    assert row is not None


async def test_a_transaction_is_undone_where_its_block_raises(store: Store) -> None:
    async def change_and_fail() -> None:
        async with store.database.transaction():
            await store.set_language(1, "zh-CN")
            assert await store.language(1) == "zh-CN"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()
    assert await store.language(1) is None
    async with store.database.transaction():
        await store.set_language(1, "zh-TW")
    assert await store.language(1) == "zh-TW"


async def test_text_that_no_database_can_store_loses_what_cannot_be_stored(store: Store) -> None:
    params = make_params(prompt="a\0b\ud800c", negative_prompt=r"\u0000 as six characters")
    job = (await admit(store, make_request("key\0", params=params, locale="en\udfff"))).job
    kept = (await store.job(job.id)).params
    assert (kept.prompt, kept.negative_prompt) == ("abc", r"\u0000 as six characters")
    assert (job.key, job.locale) == ("key", "en")
    assert not (await admit(store, make_request("key\0"))).created


async def test_an_error_of_the_engine_is_one_of_the_store(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        await store.database.fetch("SELECT 1 FROM nowhere", {})


async def test_a_cancelled_task_leaves_the_database_usable(store: Store) -> None:
    tasks = [asyncio.create_task(admit(store, make_request(str(n), user=n), limit=5)) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await admit(store, make_request("after"), limit=60)).created
    assert len(await store.waiting()) >= 26


async def test_every_operation_runs_on_an_empty_queue(store: Store) -> None:
    assert await store.claim("server", {"wan"}) is None
    assert await store.claim("server", {"wan"}, loaded="wan", lacks={"wan/a/b"}) is None
    assert await store.adopt("server", ["server"]) is None
    assert await store.adopt_delivery() is None
    assert await store.expire() == []
    assert await store.cancel_blocked() == []
    assert await store.cancel_withdrawn() == []
    assert await store.database.run(QueueOperation.AHEAD_IN_SECONDS, {"id": "x", "cap": 1}) == []


async def test_a_lock_is_held_for_its_block(store: Store) -> None:
    async with store.database.lock("some name") as held:
        losing = asyncio.create_task(held.lost())
        done, _ = await asyncio.wait({losing}, timeout=0.01)
        assert not done
        losing.cancel()


def test_a_change_names_a_job() -> None:
    assert Change(kind="queued", job="1") == Change(kind="queued", job="1")
