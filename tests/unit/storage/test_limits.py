"""The rules: each refuses, says its name, its number and when it lifts, and refuses nobody else."""

import asyncio
import uuid

import pytest

from storage import AdmissionRefused, QueueLimits, Reason, State, Store
from storage.sql.admission_rules import ADMISSION_RULES
from tests.unit.storage.requests import (
    NODE_FAILED,
    Clock,
    admit,
    claim,
    finish,
    make_params,
    make_request,
    teach,
)

DAY = 86400.0


async def refusal(store: Store, user: int = 1, guild: int = 7, **changes: object) -> AdmissionRefused | None:
    """Why a new request is refused, or None."""
    try:
        key = str(uuid.uuid4())
        await admit(store, make_request(key, user=user, guild_id=guild, **changes), limit=None)
    except AdmissionRefused as err:
        return err
    return None


def details(err: AdmissionRefused | None) -> tuple[str, float | None, float | None] | None:
    return err and (err.rule, err.number, err.lifts_at)


def limited(store: Store, **numbers: float | None) -> Store:
    """The same store under these rules and no others."""
    none: dict[str, float | None] = dict.fromkeys(QueueLimits().values())
    return Store(store.database, store.now, QueueLimits(**none | numbers))  # type: ignore[arg-type]


async def test_jobs_of_a_person_that_wait(store: Store) -> None:
    store = limited(store, queued_per_person=2)
    assert [await refusal(store) for _ in range(2)] == [None, None]
    err = await refusal(store)
    assert details(err) == ("queued_per_person", 2, None)
    assert await refusal(store, user=2) is None
    await claim(store)
    assert await refusal(store) is None


async def test_jobs_of_a_guild_that_wait(store: Store) -> None:
    store = limited(store, queued_per_guild=2)
    assert [await refusal(store, user=user) for user in (1, 2)] == [None, None]
    assert details(await refusal(store, user=3)) == ("queued_per_guild", 2, None)
    assert await refusal(store, user=3, guild=8) is None
    await claim(store)
    assert await refusal(store, user=3) is None


async def test_jobs_of_a_guild_that_run(store: Store) -> None:
    store = limited(store, running_per_guild=1)
    for user, guild in ((1, 7), (2, 7), (3, 8)):
        assert await refusal(store, user=user, guild=guild) is None
    first, other = await claim(store), await claim(store)
    assert (first.job.guild_id, other.job.guild_id) == (7, 8)
    assert await store.claim("server 3", {"wan"}) is None
    assert await store.claim("server 3", {"wan"}, loaded="wan") is None
    await store.move(await store.move(first, State.RUNNING), State.DOWNLOADING)
    assert (await claim(store)).job.user_id == 2, "a clip that is fetched needs no GPU"


async def test_gpu_seconds_of_a_person_lift_at_midnight(store: Store, clock: Clock) -> None:
    clock.time = 10 * DAY + 5
    await teach(store, 60)
    store = limited(store, gpu_seconds_per_person=100)
    assert [await refusal(store) for _ in range(2)] == [None, None]
    assert details(await refusal(store)) == ("gpu_seconds_per_person", 100, 11 * DAY)
    assert await refusal(store, user=2) is None
    clock.time = 11 * DAY
    assert await refusal(store) is None


async def test_gpu_seconds_of_a_guild(store: Store, clock: Clock) -> None:
    await teach(store, 60)
    store = limited(store, gpu_seconds_per_guild=100)
    assert await refusal(store) is None
    assert details(await refusal(store, user=2)) == ("gpu_seconds_per_guild", 100, DAY)
    assert await refusal(store, user=2, guild=8) is None


async def test_gpu_seconds_are_those_the_job_took_and_none_where_it_failed(store: Store) -> None:
    await teach(store, 60)
    for key in "ab":
        await admit(store, make_request(key))
    assert await store.spent_today(1) == 120
    await finish(store, await claim(store), 50)
    assert await store.spent_today(1) == 110
    await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
    assert await store.spent_today(1) == 50


async def test_a_fault_of_the_person_can_be_charged(store: Store) -> None:
    await admit(store, make_request("a"))
    await store.move(await claim(store), State.FAILED, reason=NODE_FAILED, charged=30)
    assert await store.spent_today(1) == 30


async def test_what_was_asked_yesterday_is_not_given_back_today(store: Store, clock: Clock) -> None:
    await teach(store, 60)
    old = (await admit(store, make_request("a"))).job
    clock.time += DAY
    await admit(store, make_request("b"))
    await store.cancel(old.id, mover="person 1", reason=Reason(code="cancelled"))
    assert await store.spent_today(1) == 60


async def test_gpu_seconds_of_all_strangers_together(store: Store, clock: Clock) -> None:
    await teach(store, 60)  # in guild 7
    clock.time += DAY
    store = limited(store, gpu_seconds_of_strangers=100, home_guilds=frozenset({7}))  # type: ignore[arg-type]
    assert [await refusal(store, user=user, guild=7 + user) for user in (1, 2)] == [None, None]
    assert details(await refusal(store, user=3, guild=8)) == ("gpu_seconds_of_strangers", 100, 2 * DAY)
    assert details(await refusal(store, user=3, guild=20)) == ("gpu_seconds_of_strangers", 100, 2 * DAY)
    assert await refusal(store, user=3, guild=7) is None
    clock.time += DAY
    assert await refusal(store, user=3, guild=20) is None


async def test_without_a_home_everybody_is_a_stranger(store: Store) -> None:
    await teach(store, 60)
    store = limited(store, gpu_seconds_of_strangers=1)
    assert details(await refusal(store)) == ("gpu_seconds_of_strangers", 1, DAY)


async def test_a_cooldown_between_two_requests(store: Store, clock: Clock) -> None:
    store = limited(store, cooldown=30)
    assert await refusal(store) is None
    assert details(await refusal(store)) == ("cooldown", 30, clock.time + 30)
    assert await refusal(store, user=2) is None
    clock.time += 30
    assert await refusal(store) is None


async def test_people_who_are_blocked(store: Store, clock: Clock) -> None:
    await store.block(1, guild_id=7, until=clock.time + 10)
    await store.block(2)
    assert details(await refusal(store)) == ("blocked_people", None, clock.time + 10)
    assert await refusal(store, guild=8) is None
    assert details(await refusal(store, user=2, guild=8)) == ("blocked_people", None, None)
    clock.time += 10
    await store.unblock(2)
    assert [await refusal(store, user=user) for user in (1, 2)] == [None, None]


async def test_words_that_are_blocked(store: Store) -> None:
    err = await refusal(store, params=make_params(prompt="Ｕｎｄｒｅｓｓ her"))
    assert details(err) == ("blocked_words", None, None)
    assert await refusal(store, params=make_params(prompt="a dressing gown")) is None


async def test_what_was_admitted_before_a_word_was_blocked_is_not_admitted_again(store: Store) -> None:
    old = (await admit(store, make_request("a", params=make_params(prompt="the g o r e")), limit=None)).job
    store = limited(store, blocked_words=frozenset({"gore"}))
    rerolled = old.params.rerolled(5)
    assert details(await refusal(store, params=rerolled)) == ("blocked_words", None, None)
    with pytest.raises(AdmissionRefused):
        await store.check_admission("b", 1, 7, rerolled.prompt)


async def test_a_known_request_is_refused_by_no_rule(store: Store) -> None:
    store = limited(store, queued_per_person=1, cooldown=60, gpu_seconds_per_person=1)
    first = await admit(store, make_request("a"), limit=None)
    again = await admit(store, make_request("a"), limit=None)
    assert (again.job.id, again.created) == (first.job.id, False)


async def test_concurrent_requests_do_not_slip_past_a_limit(store: Store) -> None:
    store = limited(store, queued_per_person=3)
    results = await asyncio.gather(*(refusal(store) for _ in range(20)))
    assert results.count(None) == 3


def test_every_rule_has_its_limit_or_its_table() -> None:
    assert {rule.name for rule in ADMISSION_RULES} - set(QueueLimits().values()) == {"blocked_people"}
