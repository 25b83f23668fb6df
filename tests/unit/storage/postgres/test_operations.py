"""Sixteen at once, each on its connection: limits are exact, turns distinct, nothing is claimed twice."""

import asyncio
from pathlib import Path

from storage import AdmissionRefused, Job, Lease, QueueLimits, Reason, State, Store
from storage.database import QueueOperation
from storage.postgres.operations import OPERATIONS, READS
from tests.unit.storage.postgres.postgres_setup import many_stores
from tests.unit.storage.requests import NODE_FAILED, admit, make_request
from tests.unit.storage.temporary_store import ALL_VIOLATIONS

AT_ONCE = 16


async def attempt(store: Store, key: str, **changes: object) -> Job | None:
    """The job, or None where it was refused."""
    try:
        return (await store.admit(make_request(key, **changes))).job
    except AdmissionRefused:
        return None


async def admitted(stores: list[Store], **changes: object) -> list[Job]:
    """Each store admits a job of its own at the same time."""
    jobs = await asyncio.gather(*(attempt(store, str(n), **changes) for n, store in enumerate(stores)))
    return [job for job in jobs if job]


async def unbroken(store: Store) -> None:
    """Assert what must hold at any time."""
    assert await store.database.fetch(ALL_VIOLATIONS, {}) == []


async def test_a_person_has_no_more_jobs_than_the_limit_and_each_a_turn_of_its_own(
    url: str, tmp_path: Path
) -> None:
    async with many_stores(url, tmp_path, AT_ONCE, QueueLimits(queued_per_person=5)) as stores:
        jobs = await admitted(stores, user=1)
        assert len(jobs) == 5
        assert len({job.seq for job in jobs}) == 5
        turns = await stores[0].database.fetch("SELECT DISTINCT tag FROM job", {})
        assert len(turns) == 5
        await unbroken(stores[0])


async def test_a_guild_has_no_more_jobs_than_the_limit(url: str, tmp_path: Path) -> None:
    async with many_stores(url, tmp_path, AT_ONCE, QueueLimits(queued_per_guild=5)) as stores:
        jobs = await asyncio.gather(*(attempt(store, str(n), user=n) for n, store in enumerate(stores)))
        assert len([job for job in jobs if job]) == 5
        await unbroken(stores[0])


async def test_strangers_together_use_no_more_than_their_limit(url: str, tmp_path: Path) -> None:
    limits = QueueLimits(gpu_seconds_of_strangers=1.0)
    async with many_stores(url, tmp_path, AT_ONCE, limits) as stores:
        jobs = await asyncio.gather(
            *(attempt(store, str(n), user=n, guild_id=n) for n, store in enumerate(stores))
        )
        assert len([job for job in jobs if job]) == 1


async def test_nothing_stays_of_somebody_who_was_refused(url: str, tmp_path: Path) -> None:
    async with many_stores(url, tmp_path, 1, QueueLimits(queued_per_person=0)) as [store]:
        assert await attempt(store, "a", user=99) is None
        assert not await store.knows_person(99)


async def test_a_guild_runs_no_more_jobs_than_the_limit_and_nothing_is_claimed_twice(
    url: str, tmp_path: Path
) -> None:
    async with many_stores(url, tmp_path, AT_ONCE, QueueLimits(running_per_guild=2)) as stores:
        for n in range(AT_ONCE):
            await admit(stores[0], make_request(str(n), user=n % 5, guild_id=n % 3))
        leases = await claimed(stores, None)
        assert sorted(lease.job.guild_id for lease in leases) == [0, 0, 1, 1, 2, 2]
        assert len({lease.job.id for lease in leases}) == 6
        await unbroken(stores[0])


async def test_whoever_claims_gets_a_job_while_there_are_some(url: str, tmp_path: Path) -> None:
    async with many_stores(url, tmp_path, AT_ONCE) as stores:
        for n in range(AT_ONCE):
            await admit(stores[0], make_request(str(n), user=n))
        leases = await claimed(stores, "wan")
        assert len({lease.job.id for lease in leases}) == AT_ONCE


async def claimed(stores: list[Store], loaded: str | None) -> list[Lease]:
    """Each store claims for a server of its own at the same time."""
    leases = await asyncio.gather(
        *(store.claim(f"server {n}", {"wan"}, loaded=loaded) for n, store in enumerate(stores))
    )
    return [lease for lease in leases if lease]


async def test_all_at_once_in_any_order_leaves_the_queue_whole(url: str, tmp_path: Path) -> None:
    async with many_stores(url, tmp_path, 8, QueueLimits(queued_per_person=None)) as stores:

        async def live(store: Store, number: int) -> None:
            for n in range(6):
                job = (await admit(store, make_request(f"{number} {n}", user=n % 2))).job
                if n % 3 == 2:
                    await store.cancel(job.id, mover="person 1", reason=Reason(code="cancelled"))
                lease = await store.claim(f"server {number}", {"wan"})
                if lease:
                    lease = await store.move(lease, State.RUNNING)
                    await store.renew([lease])
                    await store.move(lease, State.FAILED, reason=NODE_FAILED)

        await asyncio.gather(*(live(store, number) for number, store in enumerate(stores)))
        await unbroken(stores[0])


async def test_what_is_taken_back_while_a_reroll_is_admitted_reaches_it(url: str, tmp_path: Path) -> None:
    async with many_stores(url, tmp_path, 4) as stores:
        for turn in range(5):
            parent = (await admit(stores[0], make_request(f"parent {turn}", user=100 + turn))).job
            again = make_request(f"reroll {turn}", user=2, parent=parent.id)
            made, _ = await asyncio.gather(
                attempt(stores[1], again.key, user=2, parent=parent.id),
                stores[2].mark_all_for_deletion(parent.user_id),
            )
            assert made is None or (await stores[0].job(made.id)).withdrawn


def test_every_operation_is_there() -> None:
    assert {*OPERATIONS, *READS} == set(QueueOperation)
