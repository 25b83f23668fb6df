"""The event loop's lag is seen; the process's memory is told."""

import asyncio
import sys
import time

import pytest

from cogs.runtime.observing import measured
from cogs.runtime.observing.measured import LoopLag, resident_bytes


async def test_a_turn_that_blocks_the_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "LAG_POLL_SECONDS", 0.01)
    lag = LoopLag()
    assert lag.longest == 0
    task = asyncio.create_task(lag.run(), name="lag")
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - what it is to see
    while lag.longest == 0:  # noqa: ASYNC110 - the next turns of the loop
        await asyncio.sleep(0)
    task.cancel()
    assert lag.longest >= 0.15


def test_memory_is_told_in_bytes() -> None:
    memory = resident_bytes()
    assert (memory is None) == (sys.platform == "win32")
    assert memory is None or 10**6 < memory < 10**11
