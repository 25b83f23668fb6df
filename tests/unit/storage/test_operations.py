"""What whoever runs the bot sets beside it: pauses, a notice, limits, bans; and the record of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from storage import AdmissionRefused, QueueLimits, Reason, State, Store, open_store
from tests.unit.storage.requests import Clock, admit, claim, finish, make_request, teach

HOUR = 3600.0


async def test_nothing_is_claimed_while_paused_and_admission_goes_on(store: Store, clock: Clock) -> None:
    await admit(store, make_request("before"))
    assert await store.begin_pause(until=None, reason="new disk") is None
    await admit(store, make_request("after"))
    for loaded in (None, "wan"):
        assert await store.claim("gpu", {"wan"}, loaded=loaded) is None
    clock.time += 100 * HOUR
    held = await store.pause()
    assert held
    assert (held.since, held.until, held.reason) == (1000.0, None, "new disk")
    assert await store.end_pause() == held
    assert (await store.pause(), await store.end_pause()) == (None, None)
    assert (await claim(store)).job.key == "before"


async def test_a_pause_ends_by_itself_and_says_what_it_replaced(store: Store, clock: Clock) -> None:
    await admit(store, make_request("waits"))
    await store.begin_pause(until=clock.time + HOUR, reason="first")
    replaced = await store.begin_pause(until=clock.time + 2 * HOUR, reason="second")
    assert replaced
    assert replaced.reason == "first"
    clock.time += 2 * HOUR - 1
    assert await store.claim("gpu", {"wan"}) is None
    clock.time += 1
    assert await store.pause() is None
    assert (await claim(store)).job.key == "waits"
    assert await store.begin_pause(until=None, reason="") is None


async def test_a_job_that_runs_goes_on_while_paused(store: Store) -> None:
    await admit(store, make_request("runs"))
    lease = await claim(store)
    await store.begin_pause(until=None, reason="")
    assert (await finish(store, lease, 3.0)).job.state is State.DONE


@pytest.mark.parametrize("ended_by", ["resume", "time"])
async def test_the_time_of_a_pause_does_not_count_as_waiting(
    store: Store, clock: Clock, ended_by: str
) -> None:
    store = Store(store.database, clock, QueueLimits(longest_wait=2 * HOUR))
    await store.begin_pause(until=clock.time + HOUR, reason="over before anybody asked")
    clock.time += 5 * HOUR
    await admit(store, make_request("waits"))
    clock.time += HOUR
    await store.begin_pause(until=clock.time + 30 * HOUR if ended_by == "time" else None, reason="")
    clock.time += 30 * HOUR
    assert await store.expire() == []
    await store.end_pause()
    clock.time += HOUR - 1
    assert await store.expire() == []
    clock.time += 1
    assert [job.key for job in await store.expire()] == ["waits"]


async def test_a_notice_is_shown_until_its_time(store: Store, clock: Clock) -> None:
    assert await store.notice() is None
    await store.set_notice("tonight", until=clock.time + HOUR)
    await store.set_notice("tomorrow", until=clock.time + 2 * HOUR)
    notice = await store.notice()
    assert notice
    assert (notice.text, notice.until) == ("tomorrow", clock.time + 2 * HOUR)
    clock.time += 2 * HOUR
    assert await store.notice() is None
    await store.set_notice("again", until=clock.time + 1)
    await store.clear_notice()
    assert await store.notice() is None


async def test_limits_are_those_of_the_settings_but_for_what_was_set(tmp_path: Path) -> None:
    configured = QueueLimits(queued_per_person=1, cooldown=5.0)
    async with open_store(tmp_path, configured) as store:
        await store.override_limit("queued_per_person", 2)
        await store.override_limit("cooldown", None)
        await store.override_limit("of_a_later_version", 7)
        await store.read_limits()
        assert store.limits == replace(configured, queued_per_person=2, cooldown=None)
        for key in ("a", "b"):
            await admit(store, make_request(key), limit=None)
        with pytest.raises(AdmissionRefused) as refused:
            await admit(store, make_request("c"), limit=None)
        assert (refused.value.rule, refused.value.number) == ("queued_per_person", 2)
    async with open_store(tmp_path, configured) as store:
        assert store.limits.queued_per_person == 2
        await store.restore_limit("queued_per_person")
        await store.read_limits()
        assert (store.limits.queued_per_person, store.limits.cooldown) == (1, None)


async def test_whoever_is_banned_reads_why_and_until_when(store: Store, clock: Clock) -> None:
    await store.block(1, guild_id=7, until=clock.time + HOUR, reason="spam")
    with pytest.raises(AdmissionRefused) as refused:
        await admit(store, make_request("a"))
    err = refused.value
    assert (err.rule, err.lifts_at, err.reason) == ("blocked_people", clock.time + HOUR, "spam")
    (ban,) = await store.bans()
    assert (ban.user_id, ban.guild_id, ban.until, ban.reason) == (1, 7, clock.time + HOUR, "spam")
    assert (await store.account(1))["blocked"] == [{"guild": 7, "until": ban.until, "reason": "spam"}]
    clock.time += HOUR
    assert await store.bans() == []
    await admit(store, make_request("a"))


async def test_usage_counts_what_ended_since_by_person(store: Store, clock: Clock) -> None:
    await teach(store, 50.0, user=9)
    clock.time += 10
    for key, user, seconds in (("a", 1, 3.0), ("b", 2, 4.0), ("c", 1, 5.0)):
        await admit(store, make_request(key, user=user))
        await finish(store, await claim(store), seconds)
    waits = (await admit(store, make_request("d", user=2))).job
    await store.cancel(waits.id, mover="x", reason=Reason(code="by_operator"))
    found = [
        (each.user_id, each.gpu_seconds, each.done, each.cancelled)
        for each in await store.usage(since=clock.time)
    ]
    assert found == [(1, 8.0, 2, 0), (2, 4.0, 1, 1)]
    assert [each.user_id for each in await store.usage(since=0)] == [9, 1, 2]


async def test_the_audit_forgets_whom_it_was_about_when_they_delete_everything(store: Store) -> None:
    await store.record("ada", "ban", {"until": "2h"}, person=5)
    await store.record("bob", "vacuum", {})
    newest, oldest = await store.audit(since=0)
    assert (newest.who, newest.command, newest.person, newest.arguments) == ("bob", "vacuum", None, {})
    assert (oldest.at, oldest.person, oldest.arguments) == (1000.0, 5, {"until": "2h"})
    (told,) = (await store.account(5))["commands_about_them"]  # type: ignore[misc]
    assert told == {"at": 1000.0, "command": "ban", "arguments": '{"until": "2h"}'}
    await store.mark_all_for_deletion(5)
    assert (await store.account(5))["commands_about_them"] == []
    assert [each.person for each in await store.audit(since=0)] == [None, None]
    assert await store.audit(since=1001.0) == []


async def test_a_person_is_known_by_anything_that_is_stored(store: Store) -> None:
    await admit(store, make_request("a", user=1))
    await store.set_language(2, "zh-CN")
    await store.block(3)
    assert [await store.knows_person(each) for each in (1, 2, 3, 4)] == [True, True, True, False]


async def test_old_records_go_and_what_holds_stays(store: Store, clock: Clock) -> None:
    await store.record("ada", "vacuum", {})
    await store.begin_pause(until=clock.time + 1, reason="over")
    clock.time += 10
    await store.begin_pause(until=None, reason="holds")
    await store.record("ada", "pause", {})
    clock.time += 1000
    await store.remove_old_records(clock.time - 1000)
    assert [each.command for each in await store.audit(since=0)] == ["pause"]
    rows = await store.database.fetch("SELECT reason FROM pause", {})
    assert [row["reason"] for row in rows] == ["holds"]
