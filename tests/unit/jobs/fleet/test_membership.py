"""Heartbeats of a process, and when it may take another one for dead."""

import pytest

from jobs.fleet import membership as membership_module
from jobs.fleet.membership import Membership, open_membership
from jobs.notifier import QueueNotifier
from storage import StoreUnavailable
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.worker_setup import make_record


class Clock:
    """The monotonic clock, which a test moves."""

    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(membership_module, "time", clock)
    return clock


def member(setup: JobSetup, *, alone: bool = False) -> Membership:
    return Membership(setup.store, make_record(), QueueNotifier(), alone=alone)


async def test_others_are_judged_after_thirty_seconds_of_taken_heartbeats(
    setup: JobSetup, clock: Clock
) -> None:
    here = member(setup)
    assert not here.sees_others
    await here.beat()
    clock.time += 29
    assert not here.sees_others
    clock.time += 1
    await here.beat()
    assert here.sees_others


async def test_after_an_absence_of_the_database_it_begins_anew(setup: JobSetup, clock: Clock) -> None:
    here = member(setup)
    await here.beat()
    clock.time += 40
    setup.database.broken = True
    with pytest.raises(StoreUnavailable):
        await here.beat()
    setup.database.broken = False
    await here.beat()
    assert not here.sees_others


async def test_a_process_alone_knows_that_nobody_else_lives(setup: JobSetup) -> None:
    assert member(setup, alone=True).sees_others


async def test_it_learns_that_it_is_to_drain(setup: JobSetup) -> None:
    here = member(setup)
    await here.beat()
    await setup.store.drain("here", draining=True)
    await here.beat()
    assert here.draining
    await setup.store.drain("here", draining=False)
    await here.beat()
    assert not here.draining


async def test_the_row_is_there_from_the_start_and_counts_as_dead_at_the_end(setup: JobSetup) -> None:
    async with open_membership(setup.store, make_record(), QueueNotifier(), alone=False):
        assert [each.alive for each in await setup.store.workers()] == [True]
    assert [each.alive for each in await setup.store.workers()] == [False]
