"""Deliveries that are postponed, and ends that are not announced yet."""

import pytest

from storage import Lease, LeaseLost, State, Store
from tests.unit.storage.requests import NODE_FAILED, Clock, admit, claim, make_request


async def delivering(store: Store, key: str = "a") -> Lease:
    """A job whose clip is on its way to Discord."""
    await admit(store, make_request(key))
    return await store.move(await store.move(await claim(store), State.DOWNLOADING), State.DELIVERING)


async def test_a_delivery_that_is_put_off_comes_back_at_its_time_and_counts_its_tries(
    store: Store, clock: Clock
) -> None:
    lease = await delivering(store)
    assert (await store.postpone(lease, 300)).tries == 1
    assert await store.next_delivery() == clock() + 300
    clock.time += 299
    assert await store.adopt_delivery() is None
    clock.time += 1
    again = await store.adopt_delivery()
    assert again
    assert again.job.tries == 1
    assert again.adopted


async def test_whoever_put_it_off_holds_it_no_more(store: Store, clock: Clock) -> None:
    lease = await delivering(store)
    await store.postpone(lease, 300)
    await store.renew([lease])
    assert await store.next_delivery() == clock() + 300
    with pytest.raises(LeaseLost):
        await store.move(lease, State.DONE, result_message=1)
    with pytest.raises(LeaseLost):
        await store.postpone(lease, 1)


async def test_a_restart_takes_up_at_once_what_was_put_off_and_keeps_its_tries(store: Store) -> None:
    await store.postpone(await delivering(store), 900)
    await store.release_all()
    again = await store.adopt_delivery()
    assert again
    assert again.job.tries == 1


async def test_a_finished_job_is_unannounced_until_its_end_is_recorded(store: Store) -> None:
    lease = await delivering(store)
    assert await store.unannounced_ends() == []
    done = (await store.move(lease, State.DONE, result_message=5, result_channel=9)).job
    assert [job.id for job in await store.unannounced_ends()] == [done.id]
    assert done.result_channel == 9
    await store.set_end_announced(done.id)
    assert await store.unannounced_ends() == []
    await admit(store, make_request("b"))
    failed = await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
    assert [job.id for job in await store.unannounced_ends()] == [failed.job.id]


async def test_the_newest_results_and_who_made_more_of_them(store: Store) -> None:
    for number, key in enumerate("abc"):
        await store.move(await delivering(store, key), State.DONE, result_message=number)
    results = await store.results(2)
    assert [job.key for job in results] == ["c", "b"]
    parent = results[0].id
    assert not await store.has_rerolled(parent, 2)
    await admit(store, make_request("again", user=2, parent=parent))
    assert await store.has_rerolled(parent, 2)
    assert not await store.has_rerolled(parent, 1)
