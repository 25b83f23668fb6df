"""The jobs of a process that died, where no server that lives can go on with them."""

from jobs.announcer import RequeueReason
from jobs.fleet.membership import Membership
from jobs.fleet.orphans import Orphans
from jobs.notifier import QueueNotifier
from storage import Reason, State
from storage.fleet import ORPHANED_SECONDS
from tests.unit.jobs.job_setup import LEASE_ENDS, JobSetup
from tests.unit.jobs.scripted_announcer import Ended, Requeued
from tests.unit.jobs.worker_setup import make_record


def orphans(setup: JobSetup, *, alone: bool = True) -> Orphans:
    membership = Membership(setup.store, make_record(), QueueNotifier(), alone=alone)
    return Orphans(setup.store, membership, setup.announcer, QueueNotifier())


async def test_a_job_that_nobody_goes_on_with_waits_again(setup: JobSetup) -> None:
    lease = await setup.lease(State.RUNNING, server="attic:8188")
    setup.clock.pass_seconds(LEASE_ENDS)
    await orphans(setup).look()
    assert (await setup.store.job(lease.job.id)).state is State.RUNNING, "a server may adopt it first"
    setup.clock.pass_seconds(ORPHANED_SECONDS)
    await orphans(setup).look()
    job = await setup.store.job(lease.job.id)
    assert (job.state, job.lease_until, job.holder) == (State.QUEUED, None, None)
    (told,) = setup.announcer.about(job, Requeued)
    assert told.reason is RequeueReason.SERVER_UNREACHABLE


async def test_one_that_was_cancelled_meanwhile_ends(setup: JobSetup) -> None:
    lease = await setup.lease(State.RUNNING, server="attic:8188")
    await setup.store.cancel(lease.job.id, mover="person 42", reason=Reason(code="cancelled"))
    setup.clock.pass_seconds(LEASE_ENDS + ORPHANED_SECONDS)
    await orphans(setup).look()
    assert (await setup.store.job(lease.job.id)).state is State.CANCELLED
    assert setup.announcer.about(lease.job, Ended)


async def test_those_of_a_living_process_are_left_to_it(setup: JobSetup) -> None:
    lease = await setup.lease(State.RUNNING, server="attic:8188")
    setup.clock.pass_seconds(LEASE_ENDS + ORPHANED_SECONDS)
    await setup.store.join_fleet(make_record("attic", servers=("attic:8188",)))
    await orphans(setup).look()
    assert (await setup.store.job(lease.job.id)).state is State.RUNNING


async def test_nothing_is_returned_while_nobody_can_tell_who_lives(setup: JobSetup) -> None:
    lease = await setup.lease(State.RUNNING, server="attic:8188")
    setup.clock.pass_seconds(LEASE_ENDS + ORPHANED_SECONDS)
    await orphans(setup, alone=False).look()
    assert (await setup.store.job(lease.job.id)).state is State.RUNNING
