"""The rate limiter: at most so many in a window, the most urgent first, nothing lost by a cancellation."""

import asyncio
from collections.abc import Callable

import pytest

from cogs.discord_api.rate_limiter import Priority, RateLimiter, Slot

SHORT = 0.05  # seconds of a window
LONG = 60.0


def always(priority: Priority) -> Callable[[], Priority]:
    return lambda: priority


async def granted(limiter: RateLimiter, priority: Priority = Priority.OTHER) -> Slot:
    return await asyncio.wait_for(limiter.acquire(always(priority)), 5)


async def turns() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_window_lets_only_so_many_through() -> None:
    limiter, loop = RateLimiter(2, SHORT), asyncio.get_running_loop()
    began = loop.time()
    for _ in range(6):
        (await granted(limiter)).release()
    assert loop.time() - began >= 2 * SHORT


async def test_a_slot_in_use_stays_in_use_however_long() -> None:
    limiter = RateLimiter(1, 0)
    slot = await granted(limiter)
    waiting = asyncio.create_task(granted(limiter))
    await turns()
    assert not waiting.done()
    slot.release()
    slot.release()  # harmless
    (await waiting).release()
    assert limiter.idle


async def test_the_most_urgent_is_first_and_among_equals_the_first_is() -> None:
    limiter, order = RateLimiter(1, 0), list[str]()

    async def acquire(name: str, priority: Priority) -> None:
        slot = await limiter.acquire(always(priority))
        order.append(name)
        slot.release()

    slot = await granted(limiter)
    async with asyncio.TaskGroup() as tasks:
        for name, priority in (
            ("courtesy", Priority.COURTESY),
            ("progress 1", Priority.PROGRESS),
            ("progress 2", Priority.PROGRESS),
            ("result", Priority.RESULT),
        ):
            tasks.create_task(acquire(name, priority))
        await turns()
        slot.release()
    assert order == ["result", "progress 1", "progress 2", "courtesy"]


async def test_who_waits_may_become_more_urgent() -> None:
    limiter, order, priority = RateLimiter(1, 0), list[str](), Priority.PROGRESS

    async def acquire(name: str, ask: Callable[[], Priority]) -> None:
        slot = await limiter.acquire(ask)
        order.append(name)
        slot.release()

    slot = await granted(limiter)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(acquire("other", always(Priority.OTHER)))
        tasks.create_task(acquire("changing", lambda: priority))
        await turns()
        priority = Priority.RESULT
        slot.release()
    assert order == ["changing", "other"]


async def test_less_urgent_ones_leave_slots_free() -> None:
    limiter = RateLimiter(3, LONG, kept_free=lambda priority: 2 if priority is Priority.COURTESY else 0)
    await granted(limiter, Priority.COURTESY)
    second = asyncio.create_task(limiter.acquire(always(Priority.COURTESY)))
    await turns()
    assert not second.done()
    await granted(limiter, Priority.RESULT)
    await granted(limiter, Priority.RESULT)
    second.cancel()


async def test_a_pause_holds_everybody() -> None:
    limiter, loop = RateLimiter(9, 0), asyncio.get_running_loop()
    began = loop.time()
    limiter.pause(SHORT)
    await granted(limiter, Priority.RESULT)
    assert loop.time() - began >= SHORT * 0.9


@pytest.mark.parametrize("when", ["waiting", "granted"])
async def test_a_cancelled_request_leaves_its_slot_to_others(when: str) -> None:
    limiter = RateLimiter(1, 0)
    slot = await granted(limiter)
    cancelled, other = (asyncio.create_task(limiter.acquire(always(Priority.OTHER))) for _ in range(2))
    await turns()
    if when == "granted":
        slot.release()
    cancelled.cancel()
    slot.release()
    (await asyncio.wait_for(other, 5)).release()
    assert limiter.idle
