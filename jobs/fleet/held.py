"""Ends what is done for a job when its lease is over, also where the database does not answer."""

import asyncio
from collections.abc import Coroutine

from storage import Lease, LeaseLost


async def while_held(lease: Lease, step: Coroutine[object, object, None]) -> None:
    """Await a step of the job, as long as its lease holds by this machine's own clock.

    Raises LeaseLost where it is over before, which cancels the step: somebody else may have the job then;
    and what the step raises.
    """
    deadline = asyncio.timeout(None)
    try:
        async with deadline:
            watch = asyncio.create_task(_expire(lease, deadline), name=f"lease of {lease.job.id}")
            try:
                await step
            finally:
                watch.cancel()
                await asyncio.wait([watch])
    except TimeoutError as err:
        if deadline.expired():
            raise LeaseLost("its lease was not renewed in time") from err
        raise


async def _expire(lease: Lease, deadline: asyncio.Timeout) -> None:
    """Let the deadline pass when the lease is over; it may be renewed until then."""
    while (left := lease.term.left) > 0:  # noqa: ASYNC110 - nothing tells of a renewal
        await asyncio.sleep(left)
    deadline.reschedule(asyncio.get_running_loop().time())
