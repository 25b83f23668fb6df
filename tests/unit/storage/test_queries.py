"""Queries: jobs, rerolls, transitions, and when a job will be ready."""

import re

import pytest

from storage import Interval, Reason, State, Store, StoreError, queries
from tests.unit.storage.requests import (
    NODE_FAILED,
    SERVER,
    Clock,
    admit,
    claim,
    delivering,
    finish,
    make_params,
    make_request,
    teach,
)


async def test_a_job_is_found_by_what_people_type(store: Store) -> None:
    job = (await admit(store, make_request("a"))).job
    for typed in (job.short, f" #{job.short.upper()} ", job.id, job.id[:4]):
        found = await store.by_short(typed)
        assert found is not None
        assert found.id == job.id
    other = job.short.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    for typed in (other, "", "abc", "%", "____", "zzzzzzzz", "' OR 1"):
        assert await store.by_short(typed) is None


async def test_history_comes_in_pages_newest_first(store: Store) -> None:
    for n in range(5):
        await admit(store, make_request(str(n), user=1))
        await admit(store, make_request(f"other {n}", user=2))
    first = await store.history(1, limit=3)
    second = await store.history(1, before=first[-1].seq, limit=3)
    assert [job.key for job in (*first, *second)] == ["4", "3", "2", "1", "0"]
    assert await store.history(1, before=second[-1].seq) == []


async def test_history_leads_back_to_the_page_before(store: Store) -> None:
    jobs = [(await admit(store, make_request(str(n), user=1))).job for n in range(5)]
    await admit(store, make_request("other", user=2))
    back = await store.history_after(1, after=jobs[1].seq, limit=2)
    assert [job.key for job in back] == ["3", "2"]
    assert await store.history_after(1, after=jobs[4].seq, limit=2) == []


async def test_a_persons_jobs_in_work_are_those_that_are_not_over_wherever_they_asked(
    sqlite_store: Store,
) -> None:
    for n in range(3):
        await admit(sqlite_store, make_request(str(n), user=1, guild_id=n))
        await admit(sqlite_store, make_request(f"other {n}", user=2))
    await finish(sqlite_store, await claim(sqlite_store), 1)
    assert [job.key for job in await sqlite_store.unfinished_of(1)] == ["1", "2"]
    plan = await sqlite_store.database.fetch(
        "EXPLAIN QUERY PLAN SELECT * FROM job WHERE finished_at IS NULL AND guild_id >= 0 AND +user_id = 1",
        {},
    )
    assert "job_in_work" in plan[0]["detail"]


async def test_a_guilds_queue_is_what_runs_and_then_what_waits_in_order(store: Store) -> None:
    for key, user in (("a1", 1), ("a2", 1), ("a3", 1), ("b1", 2)):
        await admit(store, make_request(key, user=user))
    await admit(store, make_request("elsewhere", user=3, guild_id=8))
    await claim(store)
    channels = await store.channels_in_work(7)
    assert [job.key for job in await store.guild_queue(7, channels)] == ["a1", "b1", "a2", "a3"]
    assert [job.key for job in await store.guild_queue(7, channels, limit=2)] == ["a1", "b1"]
    assert await store.unfinished_count(7, channels) == 4
    load = await store.load()
    assert (load.queued, load.running) == (4, 1)


async def test_the_load_of_an_empty_store_is_none(store: Store) -> None:
    load = await store.load()
    assert (load.queued, load.running) == (0, 0)


async def test_rerolls_know_their_parent_and_the_first_of_their_line(store: Store) -> None:
    first = (await admit(store, make_request("first"))).job
    child = (await admit(store, make_request("child", parent=first.id))).job
    grandchild = (await admit(store, make_request("grandchild", user=2, parent=child.id))).job
    assert (grandchild.parent, grandchild.root) == (child.id, first.id)
    assert (child.root, first.root) == (first.id, first.id)
    assert [len(await store.rerolls_of(job.id)) for job in (first, child, grandchild)] == [1, 1, 0]
    second = (await admit(store, make_request("second", parent=first.id))).job
    assert [job.id for job in await store.rerolls_of(first.id)] == [second.id, child.id]


async def test_every_transition_is_listed_with_its_mover(store: Store, clock: Clock) -> None:
    job = (await admit(store, make_request("a"))).job
    clock.time += 1
    lease = await store.move(await claim(store), State.QUEUED)
    clock.time += 1
    await store.move(await claim(store), State.SUBMITTING)
    clock.time += 100
    assert await store.adopt("server 2", ["server 2"])
    await store.renew([lease])
    assert [(each.at, each.state, each.epoch, each.mover) for each in await store.transitions(job.id)] == [
        (1000, State.QUEUED, 0, "person 1"),
        (1001, State.CLAIMED, 1, SERVER),
        (1001, State.QUEUED, 1, SERVER),
        (1002, State.CLAIMED, 2, SERVER),
        (1002, State.SUBMITTING, 2, SERVER),
        (1102, State.SUBMITTING, 3, "server 2"),
    ]


async def test_a_cancellation_names_who_wanted_it(store: Store) -> None:
    job = (await admit(store, make_request("a"))).job
    await store.cancel(job.id, mover="person 9", reason=Reason(code="cancelled"))
    assert (await store.transitions(job.id))[-1].mover == "person 9"


async def test_a_place_is_counted_up_to_a_cap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_COUNTED_AHEAD", 5)
    jobs = [(await admit(store, make_request(str(n)))).job for n in range(8)]
    assert [await store.ahead(job.id) for job in jobs] == [0, 1, 2, 3, 4, 5, 5, 5]
    assert await store.forecast(jobs[4].id, servers=1) is not None
    assert await store.forecast(jobs[7].id, servers=1) is None


async def test_a_forecast_is_a_range_that_narrows_as_jobs_agree(store: Store, clock: Clock) -> None:
    widths: list[float] = []
    for n in range(6):
        await teach(store, 60, user=n + 50)
        job = (await admit(store, make_request(str(n)))).job
        found = await store.forecast(job.id, servers=1)
        assert found is not None
        assert found.start == Interval(low=clock.time, high=clock.time)
        assert (found.end.low + found.end.high) / 2 == clock.time + 60
        widths.append(found.end.high - found.end.low)
        await store.cancel(job.id, mover="test", reason=Reason(code="cancelled"))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 30


async def test_a_forecast_counts_what_runs_and_what_is_ahead(store: Store, clock: Clock) -> None:
    for n in range(20):
        await teach(store, 60, user=n + 50)
    jobs = [(await admit(store, make_request(str(n), user=n))).job for n in range(3)]
    running = await store.move(await claim(store), State.RUNNING)
    clock.time += 20
    last, current = [await store.forecast(jobs[n].id, servers=1) for n in (2, 0)]
    assert last is not None
    assert current is not None
    assert (last.start.low + last.start.high) / 2 == pytest.approx(clock.time + 40 + 60, abs=1)
    assert (last.end.low + last.end.high) / 2 == pytest.approx(clock.time + 40 + 120, abs=1)
    assert (current.end.low + current.end.high) / 2 == pytest.approx(clock.time + 40, abs=1)
    two = await store.forecast(jobs[2].id, servers=2)
    assert two is not None
    assert (two.start.low + two.start.high) / 2 == pytest.approx(clock.time + 50, abs=1)
    await store.move(running, State.DOWNLOADING, seconds=60)
    assert await store.forecast(jobs[0].id, servers=1) is None


async def test_a_forecast_uses_what_was_learnt_since_the_job_was_admitted(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a", user=1))
    waiting = (await admit(store, make_request("b", user=2))).job
    await finish(store, await claim(store), 8)
    found = await store.forecast(waiting.id, servers=1)
    assert found is not None
    assert found.end.high < clock.time + 20


async def test_a_forecast_of_an_unknown_kind_is_wide(store: Store) -> None:
    await teach(store, 60)
    job = (await admit(store, make_request("a", params=make_params(frames=162)))).job
    found = await store.forecast(job.id, servers=1)
    assert found is not None
    assert found.end.high - found.end.low > 120


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


async def test_rerolls_of_a_person_are_counted_when_finished(store: Store) -> None:
    first = (await admit(store, make_request("a"), limit=5)).job
    await claim(store)
    await admit(store, make_request("b", user=2, parent=first.id), limit=5)
    assert await store.finished_rerolls(first.id, 2) == 0
    await store.move(await claim(store), State.FAILED, reason=Reason(code="x"))
    assert await store.finished_rerolls(first.id, 2) == 1
    assert await store.finished_rerolls(first.id, 1) == 0


async def test_a_job_is_found_by_its_messages_and_by_its_id(store: Store) -> None:
    job = (await admit(store, make_request("a"))).job
    await finish(store, await claim(store), 5)
    for found in (await store.by_status(job.seq), await store.by_result(job.seq), await store.find(job.id)):
        assert found
        assert found.id == job.id
    for none in (await store.by_status(99), await store.by_result(99), await store.find("00")):
        assert none is None
    with pytest.raises(StoreError):
        await store.job("00")


async def test_unfinished_jobs_of_a_guild_are_those_of_all_its_people(store: Store) -> None:
    for key, user, guild in (("a", 1, 7), ("b", 2, 7), ("c", 1, 8)):
        await admit(store, make_request(key, user=user, guild_id=guild))
    assert [job.key for job in await store.unfinished_in(7, [8])] == ["a", "b"]
    await finish(store, await claim(store), 5)
    assert [job.key for job in await store.unfinished_in(7, [8])] == ["b"]


async def test_only_jobs_of_the_named_channels_are_listed_and_counted(store: Store) -> None:
    for key, channel in (("a", 8), ("b", 2**62), ("c", 9), ("d", 9)):
        await admit(store, make_request(key, channel_id=channel))
    assert sorted(await store.channels_in_work(7)) == [8, 9, 2**62]
    assert await store.channels_in_work(8) == []
    named = [2**62, 9, 10]
    assert [job.key for job in await store.unfinished_in(7, named)] == ["b", "c", "d"]
    assert [job.key for job in await store.guild_queue(7, named)] == ["b", "c", "d"]
    assert await store.unfinished_count(7, named) == 3
    assert await store.unfinished_count(7, []) == 0


async def test_a_reroll_of_a_message_is_unfinished_until_it_ends(store: Store) -> None:
    await admit(store, make_request("reroll 123 person 1"))
    assert await store.has_unfinished_reroll(123)
    assert not await store.has_unfinished_reroll(12)
    await finish(store, await claim(store), 5)
    assert not await store.has_unfinished_reroll(123)


async def test_jobs_without_a_status_message_are_listed_while_they_are_unfinished(store: Store) -> None:
    await store.admit(make_request("a"), limit=5)
    await admit(store, make_request("b"))
    assert [job.key for job in await store.without_status()] == ["a"]
    await store.cancel((await store.without_status())[0].id, mover="x", reason=Reason(code="cancelled"))
    assert await store.without_status() == []


async def test_the_head_of_the_queue_and_the_last_transition(store: Store, clock: Clock) -> None:
    assert (await store.last_moved(), await store.next_delivery()) == (0.0, None)
    for key in "abc":
        await admit(store, make_request(key))
    assert [(each.job.key, each.ahead) for each in await store.waiting(limit=2)] == [("a", 0), ("b", 1)]
    clock.time += 5
    await claim(store)
    assert await store.last_moved() == clock.time
    assert await store.spent_today(1) == pytest.approx(3 * 832 * 480 * 81 * 20 * 5e-7)


async def test_the_next_delivery_is_the_one_whose_lease_ends_first(store: Store, clock: Clock) -> None:
    lease = await delivering(store)
    assert await store.next_delivery() == clock.time + 70  # when nothing of its holder is on its way
    await store.postpone(lease, 10)
    assert await store.next_delivery() == clock.time + 10


async def test_a_database_has_an_id_of_its_own(store: Store) -> None:
    instance = await store.instance()
    assert re.fullmatch("[0-9a-f]{32}", instance)
    assert await store.instance() == instance
