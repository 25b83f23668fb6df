"""A signal that comes while the bot is still opening, as a gateway that stands by is."""

import asyncio

import pytest

from cli.signals import cut_short_by


async def test_a_stop_ends_what_is_still_opening_after_its_cleaning_up() -> None:
    stop, cleaned = asyncio.Event(), False
    async with asyncio.timeout(5), cut_short_by(stop) as opening:
        asyncio.get_running_loop().call_soon(stop.set)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned = True
    assert (opening.expired(), cleaned) == (True, True)


async def test_what_has_opened_before_a_stop_stays_and_its_own_errors_are_told() -> None:
    stop = asyncio.Event()
    async with cut_short_by(stop) as opening:
        await asyncio.sleep(0)
    stop.set()
    await asyncio.sleep(0)
    assert not opening.expired()
    with pytest.raises(TimeoutError, match="Discord"):
        async with cut_short_by(asyncio.Event()):
            raise TimeoutError("Discord")
