"""Fair turns: weights, head starts, costs that are learnt and charged, and what a server has loaded."""

import pytest

from storage import Reason, State, Store
from tests.unit.storage.requests import (
    NODE_FAILED,
    Clock,
    admit,
    claim,
    finish,
    make_params,
    make_request,
    queued_keys,
    teach,
)

CANCELLED = Reason(code="cancelled")


async def test_twice_the_weight_is_twice_the_turns(store: Store) -> None:
    for n in range(6):
        await admit(store, make_request(f"light{n}", user=1))
        await admit(store, make_request(f"heavy{n}", user=2, weight=2.0))
    served = [(await claim(store)).job.user_id for _ in range(9)]
    assert (served.count(1), served.count(2)) == (3, 6)


async def test_a_head_start_is_bounded_and_given_once(store: Store) -> None:
    await teach(store, 100)
    for n in range(8):
        await admit(store, make_request(f"plain{n}", user=1))
    for n in range(8):
        await admit(store, make_request(f"boosted{n}", user=2, head_start=1e9))
    served = [(await claim(store)).job.user_id for _ in range(16)]
    assert served[:8] == [2, 2, 2, 2, 2, 2, 1, 2], "600 seconds are six jobs"
    assert served[8:].count(2) == 1


async def test_a_job_costs_what_its_like_have_taken(store: Store) -> None:
    first = (await admit(store, make_request("a"))).job
    assert first.cost == pytest.approx(832 * 480 * 81 * 20 * 5e-7)
    await finish(store, await claim(store), 40.0)
    assert (await admit(store, make_request("b"))).job.cost == 40.0
    await finish(store, await claim(store), 20.0)
    assert (await admit(store, make_request("c"))).job.cost == 30.0


async def test_a_kind_nobody_has_seen_costs_in_proportion_to_the_workflow_or_to_all(store: Store) -> None:
    await teach(store, 40)
    for params in (make_params(frames=162), make_params(steps=40), make_params(workflow="other", frames=162)):
        assert (await admit(store, make_request(repr(params), params=params))).job.cost == pytest.approx(80)


async def test_a_small_job_is_worth_a_smaller_turn(store: Store) -> None:
    await teach(store, 90)
    for n in range(6):
        await admit(store, make_request(f"small{n}", user=1, params=make_params(frames=27)))
        await admit(store, make_request(f"large{n}", user=2))
    served = [(await claim(store)).job.user_id for _ in range(8)]
    assert (served.count(1), served.count(2)) == (6, 2)


async def test_who_took_more_than_expected_waits_for_it_next_time(store: Store) -> None:
    await teach(store, 10)
    await admit(store, make_request("a1", user=1))
    await admit(store, make_request("b1", user=2))
    await finish(store, await claim(store), 100)
    await finish(store, await claim(store), 10)
    await admit(store, make_request("a2", user=1))
    for n in range(5):
        await admit(store, make_request(f"b{n + 2}", user=2))
    assert (await queued_keys(store)).index("a2") >= 3


async def test_a_failure_is_not_charged(store: Store) -> None:
    await admit(store, make_request("a1", user=1))
    await admit(store, make_request("b1", user=2))
    await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
    for key, user in (("b2", 2), ("a2", 1)):
        await admit(store, make_request(key, user=user))
    assert await queued_keys(store) == ["b1", "a2", "b2"]


async def test_cancelling_pulls_the_later_jobs_of_the_person_forward(store: Store) -> None:
    jobs = [(await admit(store, make_request(f"a{n}", user=1))).job for n in range(4)]
    for n in range(5):
        await admit(store, make_request(f"b{n}", user=2))
    assert await queued_keys(store) == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "b4"]
    await store.cancel(jobs[1].id, mover="person 1", reason=CANCELLED)
    assert await queued_keys(store) == ["a0", "b0", "a2", "b1", "a3", "b2", "b3", "b4"]
    await admit(store, make_request("a4", user=1))
    assert await queued_keys(store) == ["a0", "b0", "a2", "b1", "a3", "b2", "b3", "a4", "b4"]


async def test_nobody_is_pulled_before_those_who_were_served_when_it_came(store: Store) -> None:
    late = (await admit(store, make_request("a0", user=1, params=make_params(workflow="other")))).job
    for n in range(5):
        await admit(store, make_request(f"b{n}", user=2))
        await claim(store)
    await admit(store, make_request("a1", user=1))
    await admit(store, make_request("c0", user=3))
    await store.cancel(late.id, mover="person 1", reason=CANCELLED)
    assert await queued_keys(store) == ["a1", "c0"]
    assert (await store.job(late.id)).charged == 0


async def test_a_cancelled_run_costs_what_it_had_used(store: Store, clock: Clock) -> None:
    job = (await admit(store, make_request("a"))).job
    lease = await store.move(await claim(store), State.RUNNING)
    marked = await store.cancel(job.id, mover="person 1", reason=CANCELLED)
    assert marked is not None
    assert (marked.state, marked.cancel_requested) == (State.RUNNING, True)
    clock.time += 12
    await store.move(lease, State.CANCELLED, reason=CANCELLED)
    assert (await store.job(job.id)).charged == 12


async def test_a_job_that_shall_be_cancelled_does_not_return_to_the_queue(store: Store) -> None:
    job = (await admit(store, make_request("a"))).job
    lease = await claim(store)
    await store.cancel(job.id, mover="person 1", reason=CANCELLED)
    assert (await store.move(lease, State.QUEUED)).job.state == State.CANCELLED
    assert await store.claim("server", {"wan"}) is None
    assert await store.cancel(job.id, mover="person 1", reason=CANCELLED) is None


async def test_a_claim_takes_what_the_server_has_loaded(store: Store) -> None:
    await admit(store, make_request("a", user=1))
    await admit(store, make_request("b", user=2, params=make_params(workflow="other")))
    lease = await store.claim("server", {"wan", "other"}, loaded="other")
    assert lease is not None
    assert lease.job.key == "b"
    assert (await claim(store, loaded="other")).job.key == "a"
    assert await store.claim("server 2", {"wan"}, loaded="other") is None


async def test_a_spread_that_is_all_but_nothing_breaks_neither_ends_nor_forecasts(store: Store) -> None:
    await teach(store, 40)
    await store.database.fetch("UPDATE pace SET spread = :seconds", {"seconds": 5e-324})
    for key in ("a", "b"):
        job = (await admit(store, make_request(key))).job
        assert await store.forecast(job.id, servers=1)
        await finish(store, await claim(store), 40.0)
    assert (await admit(store, make_request("c"))).job.cost == 40.0
