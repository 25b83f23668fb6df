"""What a store does to jobs is counted, whichever operation does it."""

from pathlib import Path

from storage import QueueLimits, Reason, State, Store, open_store
from tests.unit.storage.requests import NODE_FAILED, Clock, admit, claim, delivering, make_request


async def test_what_is_in_the_queue_is_counted_by_state(store: Store, clock: Clock) -> None:
    assert (await store.counts()).unfinished.get(State.QUEUED, 0) == 0
    assert (await store.counts()).oldest_queued is None
    for key in "abc":
        await admit(store, make_request(key, user=ord(key)))
        clock.time += 10
    await claim(store)
    counts = await store.counts()
    assert counts.unfinished == {State.QUEUED: 2, State.CLAIMED: 1}
    assert counts.oldest_queued == 1010.0


async def test_ends_are_counted_by_state_and_reason(store: Store, clock: Clock) -> None:
    for key in ("failed", "failed too", "cancelled"):
        await admit(store, make_request(key))
    for _ in range(2):
        await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
    [waiting] = await store.waiting()
    await store.cancel(waiting.job.id, mover="person 1", reason=Reason(code="cancelled"))
    limited = Store(store.database, clock, QueueLimits(longest_wait=10))
    await admit(store, make_request("late"))
    clock.time += 100
    await limited.expire()
    assert (await store.counts()).ends == {
        (State.FAILED, "node"): 2,
        (State.CANCELLED, "cancelled"): 1,
    }
    assert (await limited.counts()).ends == {(State.FAILED, "expired"): 1}


async def test_deliveries_are_counted(store: Store) -> None:
    await store.postpone(await delivering(store, "sent"), -1)
    lease = await store.adopt_delivery()
    assert lease
    await store.move(lease, State.DONE, result_message=1)
    await store.move(await delivering(store, "refused"), State.FAILED, reason=Reason(code="forbidden"))
    counts = await store.counts()
    assert counts.ends == {(State.DONE, ""): 1, (State.FAILED, "forbidden"): 1}
    assert (counts.put_off, counts.refused) == (1, 1)


async def test_the_counts_begin_anew_with_each_start(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, make_request("a"))
        await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
        assert sum((await store.counts()).ends.values()) == 1
    async with open_store(tmp_path) as store:
        assert (await store.counts()).ends == {}


async def test_a_queue_of_thousands_is_counted_from_indexes(sqlite_store: Store) -> None:
    plan = await sqlite_store.database.fetch(
        "EXPLAIN QUERY PLAN SELECT count(*), min(created_at) FROM job WHERE state = 'queued'", {}
    )
    assert "job_line" in plan[0]["detail"]
