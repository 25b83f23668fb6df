"""Waking tasks that wait for the queue."""

import asyncio

from jobs.notifier import QueueNotifier


async def test_a_notification_wakes_everybody_who_waits() -> None:
    notifier = QueueNotifier()
    waits = [asyncio.create_task(notifier.wait(60)) for _ in range(3)]
    await asyncio.sleep(0)
    notifier.notify()
    async with asyncio.timeout(1):
        await asyncio.gather(*waits)


async def test_a_notification_is_not_kept_for_who_comes_later() -> None:
    notifier = QueueNotifier()
    notifier.notify()
    waiting = asyncio.create_task(notifier.wait(60))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_waiting_has_an_end() -> None:
    async with asyncio.timeout(1):
        await QueueNotifier().wait(0.001)


async def test_what_came_since_a_mark_is_not_missed() -> None:
    notifier = QueueNotifier()
    since = notifier.mark()
    notifier.notify()
    async with asyncio.timeout(1):
        await notifier.wait(60, since=since)
    waiting = asyncio.create_task(notifier.wait(60, since=notifier.mark()))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
