"""The queue as its users know it: idempotent, in turn, and safe from zombies."""

import asyncio
from pathlib import Path

import pytest

from storage import (
    AdmissionRefused,
    LeaseLost,
    Reason,
    State,
    Store,
    open_store,
)
from tests.unit.storage.requests import (
    PARAMS,
    SERVER,
    Clock,
    admit,
    claim,
    delivering,
    make_params,
    make_request,
    queued_keys,
)


async def test_a_job_keeps_every_parameter_also_a_64_bit_seed(store: Store) -> None:
    admitted = await admit(store, make_request("a"), limit=5)
    assert (await store.job(admitted.job.id)).params == PARAMS


async def test_the_same_key_is_admitted_once(store: Store) -> None:
    first = await admit(store, make_request("a"), limit=5)
    again = await admit(store, make_request("a"), limit=5)
    assert (first.created, again.created) == (True, False)
    assert again.job.id == first.job.id


async def test_a_hundred_admissions_at_once_of_ten_keys_make_ten_jobs(store: Store) -> None:
    admitted = await asyncio.gather(*(admit(store, make_request(str(n % 10)), limit=50) for n in range(100)))
    assert len({each.job.id for each in admitted}) == 10
    assert sum(each.created for each in admitted) == 10


async def test_more_jobs_than_the_limit_are_refused_and_a_known_key_is_not(store: Store) -> None:
    for key in "ab":
        await admit(store, make_request(key), limit=2)
    with pytest.raises(AdmissionRefused) as refusal:
        await admit(store, make_request("c"), limit=2)
    assert (refusal.value.rule, refusal.value.number) == ("queued_per_person", 2)
    assert not (await admit(store, make_request("a"), limit=2)).created
    assert (await admit(store, make_request("d", user=2), limit=2)).created


async def test_people_are_served_in_turn_and_each_in_their_own_order(store: Store) -> None:
    for key in ("a1", "a2", "a3"):
        await admit(store, make_request(key, user=1), limit=9)
    for key in ("b1", "b2"):
        await admit(store, make_request(key, user=2), limit=9)
    assert [each.job.key for each in await store.waiting()] == ["a1", "b1", "a2", "b2", "a3"]
    assert [(await claim(store)).job.key for _ in range(5)] == ["a1", "b1", "a2", "b2", "a3"]


async def test_who_comes_late_is_not_repaid_for_the_time_away(store: Store) -> None:
    for n in range(4):
        await admit(store, make_request(f"a{n}", user=1), limit=9)
    for _ in range(3):
        await claim(store)
    for n in range(3):
        await admit(store, make_request(f"b{n}", user=2), limit=9)
    assert [each.job.key for each in await store.waiting()] == ["b0", "a3", "b1", "b2"]


async def test_a_claim_leaves_what_was_chosen_and_the_server_lacks(store: Store) -> None:
    await admit(store, make_request("clay", params=make_params(choices={"style": "clay", "loop": "off"})))
    await admit(store, make_request("plain"))
    lease = await store.claim(SERVER, {"wan"}, lacks={"wan/style/clay"})
    assert lease
    assert lease.job.key == "plain"
    assert await store.claim("server 2", {"wan"}, loaded="wan", lacks={"wan/style/clay"}) is None
    assert await store.claim("server 2", {"wan"}, lacks={"other/style/clay", "wan/style/felt"})


async def test_a_claim_leaves_loras_that_the_server_lacks(store: Store) -> None:
    await admit(store, make_request("both", params=make_params(loras={"a/smoke": 0.5, "rain": 1.0})))
    for lacks in ({"wan/@lora/rain"}, {"wan/@lora/a/smoke"}):
        assert await store.claim(SERVER, {"wan"}, lacks=lacks) is None
    lease = await store.claim(SERVER, {"wan"}, lacks={"wan/@lora/snow", "wan/rain/1.0"})
    assert lease
    assert list(lease.job.params.loras.items()) == [("a/smoke", 0.5), ("rain", 1.0)]


async def test_a_claim_takes_only_what_the_server_can_run(store: Store) -> None:
    await admit(store, make_request("a"), limit=5)
    assert await store.claim(SERVER, {"other"}) is None
    assert await store.claim(SERVER, set()) is None
    assert (await claim(store)).job.key == "a"


async def test_two_claims_never_get_the_same_job(store: Store) -> None:
    for n in range(20):
        await admit(store, make_request(str(n), user=n), limit=5)
    leases = await asyncio.gather(*(store.claim(f"server {n}", {"wan"}) for n in range(40)))
    taken = [lease.job.id for lease in leases if lease]
    assert len(taken) == len(set(taken)) == 20


async def test_a_job_goes_the_whole_way_and_is_found_by_its_result(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"), limit=5)
    lease = await claim(store)
    lease = await store.move(lease, State.SUBMITTING, attempts=1)
    lease = await store.move(lease, State.RUNNING)
    lease = await store.move(lease, State.DOWNLOADING, seconds=12.5)
    lease = await store.move(lease, State.DELIVERING, clip="a.mp4")
    clock.time += 5
    await store.move(lease, State.DONE, result_message=99)
    job = await store.by_result(99)
    assert job is not None
    assert (job.state, job.clip, job.seconds, job.attempts) == (State.DONE, "a.mp4", 12.5, 1)
    assert (job.started_at, job.finished_at) == (1000.0, 1005.0)


async def test_a_failure_keeps_its_reason(store: Store) -> None:
    await admit(store, make_request("a"), limit=5)
    lease = await store.move(
        await claim(store), State.FAILED, reason=Reason(code="memory", values={"node": "52"})
    )
    assert (await store.job(lease.job.id)).reason == Reason(code="memory", values={"node": "52"})


async def test_a_zombie_changes_nothing(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"), limit=5)
    zombie = await claim(store)
    clock.time += 1000
    holder = await store.adopt(SERVER, [SERVER])
    assert holder is not None
    assert holder.job.epoch == zombie.job.epoch + 1
    with pytest.raises(LeaseLost):
        await store.move(zombie, State.FAILED, reason=Reason(code="x"))
    clock.time += 50
    await store.renew([zombie])
    clock.time += 50
    assert await store.adopt(SERVER, [SERVER]), "the zombie must not have held on to the job"


async def test_the_holder_of_a_lease_moves_its_job_also_late(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"), limit=5)
    holder = await claim(store)
    clock.time += 1000
    await store.move(holder, State.SUBMITTING)


async def test_a_lease_that_is_renewed_is_not_adopted(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"), limit=5)
    lease = await claim(store)
    for _ in range(5):
        clock.time += 50
        await store.renew([lease])
    assert await store.adopt(SERVER, [SERVER]) is None


async def test_a_job_is_adopted_by_its_own_server_or_when_that_is_gone(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"), limit=5)
    await claim(store, "server 1")
    clock.time += 1000
    assert await store.adopt("server 2", ["server 1", "server 2"]) is None
    lease = await store.adopt("server 2", ["server 2"])
    assert lease is not None
    assert lease.job.state == State.CLAIMED


async def test_a_job_put_back_keeps_its_place(store: Store) -> None:
    for key, user in (("a", 1), ("b", 2), ("c", 3)):
        await admit(store, make_request(key, user=user), limit=5)
    lease = await claim(store)
    await store.move(lease, State.QUEUED)
    assert (await claim(store)).job.key == "a"


async def test_the_next_start_takes_back_what_a_dead_process_held(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await admit(store, make_request("a"), limit=5)
        await store.move(await claim(store), State.SUBMITTING)
    async with open_store(tmp_path) as store:
        lease = await store.adopt(SERVER, [SERVER])
        assert lease is not None
        assert lease.job.state == State.SUBMITTING


async def test_a_job_starts_when_its_status_message_is_recorded_or_after_a_grace(
    store: Store, clock: Clock
) -> None:
    shown = (await store.admit(make_request("shown"), limit=5)).job
    await store.admit(make_request("not shown", user=2), limit=5)
    assert await store.claim(SERVER, {"wan"}) is None
    await store.set_status_message(shown.id, 1)
    assert (await claim(store)).job.key == "shown"
    assert await store.claim("server 2", {"wan"}) is None
    clock.time += 31
    assert (await claim(store)).job.key == "not shown"


async def test_a_job_that_came_to_its_end_is_moved_no_more(store: Store) -> None:
    await admit(store, make_request("a"))
    ended = await store.move(await claim(store), State.FAILED, reason=Reason(code="x"))
    with pytest.raises(LeaseLost):
        await store.move(ended, State.QUEUED)
    assert (await store.job(ended.job.id)).state == State.FAILED


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


async def test_the_jobs_of_one_guild_are_cancelled_together(store: Store) -> None:
    await admit(store, make_request("running"))
    lease = await claim(store)
    assert lease
    queued = [(await admit(store, make_request(key))).job for key in "ab"]
    other = (await admit(store, make_request("other", guild_id=8))).job
    assert sorted(await store.guilds_of_unfinished()) == [lease.job.guild_id, 8]
    ended = await store.cancel_guild(lease.job.guild_id, mover="guild left", reason=Reason(code="guild_left"))
    assert {job.id: job.state for job in ended} == {
        lease.job.id: State.CLAIMED,
        **{job.id: State.CANCELLED for job in queued},
    }
    assert all(job.cancel_requested and job.reason == Reason(code="guild_left") for job in ended)
    assert (await store.job(other.id)).state is State.QUEUED


async def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_marked(store: Store) -> None:
    for key in "ab":
        await admit(store, make_request(key))
    lease = await claim(store)
    reason = Reason(code="cancelled")
    queued = (await store.waiting())[0].job
    ended = await store.cancel(queued.id, mover="person 1", reason=reason)
    marked = await store.cancel(lease.job.id, mover="person 1", reason=reason)
    assert ended
    assert marked
    assert (ended.state, marked.state, marked.cancel_requested) == (State.CANCELLED, State.CLAIMED, True)
    assert await store.cancel(queued.id, mover="person 1", reason=reason) is None
    assert (await store.current(lease)).job.cancel_requested


async def test_a_lost_lease_cannot_be_read_again(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"))
    lease = await claim(store)
    clock.time += 1000
    assert await store.adopt(SERVER, [SERVER])
    with pytest.raises(LeaseLost):
        await store.current(lease)


async def test_a_job_that_waited_longer_than_the_limit_is_failed(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a"))
    clock.time += 24 * 3600 - 1
    assert await store.expire() == []
    clock.time += 1
    assert [(job.key, job.state) for job in await store.expire()] == [("a", State.FAILED)]


async def test_the_waiting_jobs_of_a_blocked_person_end(store: Store, clock: Clock) -> None:
    for key, user, guild in (("here", 1, 7), ("there", 1, 9), ("bob", 2, 7), ("cy", 3, 7)):
        await admit(store, make_request(key, user=user, guild_id=guild))
    running = await claim(store)
    assert running.job.key == "here"
    await admit(store, make_request("waits", user=1, guild_id=7))
    assert [job.key for job in await store.block(1, guild_id=7, until=clock.time + 60)] == ["waits"]
    clock.time += 61
    await admit(store, make_request("again", user=1, guild_id=7))
    ended = await store.cancel_blocked({2})
    assert [(job.key, job.state, job.reason and job.reason.code) for job in ended] == [
        ("bob", State.CANCELLED, "blocked")
    ]
    assert sorted(await queued_keys(store)) == ["again", "cy", "there"]
    assert (await store.job(running.job.id)).finished_at is None


async def test_a_blocked_person_is_refused_until_unblocked(store: Store) -> None:
    await store.block(1)
    with pytest.raises(AdmissionRefused) as refusal:
        await admit(store, make_request("a"))
    assert refusal.value.rule == "blocked_people"
    await store.unblock(1)
    assert (await admit(store, make_request("a"))).created
