"""The local time of a lease: never later than the one in the database, and shared by its records."""

import time
from dataclasses import replace

import pytest

from storage import ADOPTION_GRACE, LEASE_SECONDS, LeaseTerm, State, Store
from storage.lease_term import elapsed_seconds
from tests.unit.storage.requests import Clock, admit, claim, delivering, make_request


class ElapsedClock:
    """A clock of this machine that a test can put forward."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_clock_is_no_time_of_day_and_runs() -> None:
    before = elapsed_seconds()
    assert before <= elapsed_seconds() < before + 60
    assert elapsed_seconds() >= time.monotonic() - 1  # what is asleep counts in addition


def test_a_term_counts_from_before_the_statement_and_is_renewed_from_before_the_next() -> None:
    clock = ElapsedClock()
    term = LeaseTerm(clock=clock)
    assert term.left == LEASE_SECONDS
    clock.seconds += 20
    since = term.now()
    clock.seconds += 5  # so long took the statement
    term.renew(since)
    assert term.left == LEASE_SECONDS - 5
    term.renew(since - 19)  # the answer to an earlier one, which came late
    assert term.left == LEASE_SECONDS - 5
    clock.seconds += 100
    assert term.left == -45


async def test_a_renewal_and_each_move_extend_the_term_of_all_records_of_a_lease(store: Store) -> None:
    await admit(store, make_request("a"))
    granted, elapsed = await claim(store), ElapsedClock()
    assert granted.term.left == pytest.approx(LEASE_SECONDS, abs=5)
    lease = replace(granted, term=LeaseTerm(clock=elapsed))
    elapsed.seconds += 50
    await store.renew([lease])
    assert lease.term.left == LEASE_SECONDS
    elapsed.seconds += 50
    moved = await store.move(lease, State.DOWNLOADING)
    assert moved.term is lease.term
    assert lease.term.left == LEASE_SECONDS


async def test_a_lease_that_was_lost_is_not_extended_by_a_renewal(store: Store, clock: Clock) -> None:
    elapsed = ElapsedClock()
    lost = replace(await delivering(store), term=LeaseTerm(clock=elapsed))
    clock.time += LEASE_SECONDS + ADOPTION_GRACE
    assert await store.adopt_delivery()
    elapsed.seconds += LEASE_SECONDS + ADOPTION_GRACE
    await store.renew([lost])
    assert lost.term.left < 0


async def test_a_delivery_is_taken_over_only_when_its_holder_can_send_nothing_more(
    store: Store, clock: Clock
) -> None:
    await delivering(store)
    clock.time += LEASE_SECONDS + ADOPTION_GRACE - 1
    assert await store.adopt_delivery() is None
    assert await store.next_delivery() == clock() + 1
    clock.time += 1
    adopted = await store.adopt_delivery()
    assert adopted
    assert adopted.adopted


async def test_what_nobody_holds_is_taken_up_without_waiting(store: Store, clock: Clock) -> None:
    await store.postpone(await delivering(store), 1)
    clock.time += 1
    assert await store.adopt_delivery()
    await store.release_all()  # at the start of a process that has the database alone
    assert await store.adopt_delivery()
