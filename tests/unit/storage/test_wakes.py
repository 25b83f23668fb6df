"""How long servers take to wake up is learnt."""

from storage import Store
from storage.wakes import KEPT_WAKES
from tests.unit.storage.requests import Clock, admit, claim, make_request


async def woken(store: Store, clock: Clock, seconds: float, server: str = "gpu") -> None:
    asked_at = await store.begin_wake(server)
    clock.time += seconds
    await store.finish_wake(server, asked_at, awake=True)


async def test_the_median_of_the_last_wakes_counts(store: Store, clock: Clock) -> None:
    assert await store.wake_seconds("gpu") is None
    for seconds in (100, 900, 140):
        await woken(store, clock, seconds)
    assert await store.wake_seconds("gpu") == 140
    assert await store.wake_seconds("other") is None
    for _ in range(KEPT_WAKES):
        await woken(store, clock, 50)
    assert await store.wake_seconds("gpu") == 50
    (row,) = await store.database.fetch("SELECT count(*) AS n FROM wake", {})
    assert row["n"] <= KEPT_WAKES


async def test_a_wake_that_has_not_ended_is_known_after_a_restart(store: Store, clock: Clock) -> None:
    asked_at = await store.begin_wake("gpu")
    assert await store.unfinished_wake("gpu", since=asked_at - 1) == asked_at
    assert await store.unfinished_wake("gpu", since=asked_at + 1) is None
    await store.finish_wake("gpu", asked_at, awake=False)
    assert await store.unfinished_wake("gpu", since=0) is None
    assert await store.wake_seconds("gpu") is None


async def test_a_server_with_a_job_is_busy(store: Store) -> None:
    assert await store.busy_servers() == set()
    await admit(store, make_request("a"))
    await claim(store, "gpu")
    assert await store.busy_servers() == {"gpu"}
