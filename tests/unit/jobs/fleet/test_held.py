"""A step of a job ends with its lease, by this machine's own clock."""

import asyncio
from dataclasses import replace

import pytest

from jobs.fleet.held import while_held
from storage import LeaseLost, State
from storage.lease_term import LeaseTerm
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.observable import TEST_TIMEOUT


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_step_is_cancelled_when_the_lease_was_not_renewed(setup: JobSetup) -> None:
    lease = replace(await setup.lease(State.RUNNING), term=LeaseTerm(0.01))
    async with asyncio.timeout(TEST_TIMEOUT):
        with pytest.raises(LeaseLost):
            await while_held(lease, for_ever())


async def test_a_lease_that_is_renewed_goes_on(setup: JobSetup) -> None:
    lease, done = replace(await setup.lease(State.RUNNING), term=LeaseTerm(0.01)), asyncio.Event()
    step = asyncio.create_task(while_held(lease, _wait(done)))
    lease.term.renew(lease.term.now())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asyncio.shield(step)
    done.set()
    await step


async def _wait(done: asyncio.Event) -> None:
    await done.wait()


async def test_what_the_step_raises_is_raised(setup: JobSetup) -> None:
    async def fail() -> None:
        raise TimeoutError("of the step itself")

    with pytest.raises(TimeoutError, match="of the step itself"):
        await while_held(await setup.lease(State.RUNNING), fail())
