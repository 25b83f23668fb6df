"""Counting of interactions, so that a shutdown can wait for them."""

import asyncio

from cogs.actions.in_flight import InFlight


async def test_a_shutdown_waits_until_every_interaction_has_been_handled() -> None:
    in_flight = InFlight()
    await in_flight.drained()
    with in_flight.track():
        in_flight.close()
        drained = asyncio.create_task(in_flight.drained())
        with in_flight.track():
            pass
        await asyncio.sleep(0)
        assert not drained.done()
    await asyncio.wait_for(drained, 1)
    assert not in_flight.is_open
