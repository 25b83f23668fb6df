"""Time limits that a sleeping computer does not use up."""

import asyncio
from collections.abc import Iterator

import pytest

from jobs.awake_time import awake_seconds, timeout_while_awake


async def test_a_limit_ends_the_block_at_its_time() -> None:
    began = awake_seconds()
    with pytest.raises(TimeoutError):
        async with timeout_while_awake(0.05):
            await asyncio.Event().wait()
    assert 0.04 < awake_seconds() - began < 5


async def test_seconds_asleep_are_waited_for_again() -> None:
    looks = 0

    def times() -> Iterator[float]:
        yield from (0.0, 0.01, 0.03, 0.05)  # the loop's clock ran on, this one had a rest to go, twice

    clock = times()

    def now() -> float:
        nonlocal looks
        looks += 1
        return next(clock)

    with pytest.raises(TimeoutError):
        async with timeout_while_awake(0.05, clock=now):
            await asyncio.Event().wait()
    assert looks == 4


async def test_a_block_that_ends_in_time_leaves_nothing_behind() -> None:
    async with timeout_while_awake(0.01):
        pass
    task = asyncio.current_task()
    assert task
    await asyncio.sleep(0.03)  # past the limit, which no longer counts
    assert not task.cancelling()
