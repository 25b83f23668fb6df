"""Time in which this machine was awake: while a computer sleeps it makes no clip."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator, Callable

if sys.platform == "win32":
    import ctypes

    _UNITS_PER_SECOND = 10_000_000  # of 100 nanoseconds

    def awake_seconds() -> float:
        """Seconds since the start without those asleep: Windows has them in Python's monotonic clock."""
        units = ctypes.c_ulonglong()
        if not ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(units)):
            return time.monotonic()
        return units.value / _UNITS_PER_SECOND

else:

    def awake_seconds() -> float:
        """Seconds of the monotonic clock, which stands still while Linux and macOS sleep."""
        return time.monotonic()


@contextlib.asynccontextmanager
async def timeout_while_awake(
    seconds: float, *, clock: Callable[[], float] = awake_seconds
) -> AsyncGenerator[None]:
    """Raise TimeoutError from the block once it took that many seconds of `clock`.

    The event loop's own clock counts sleep on Windows: when it is up, the rest is waited for.
    """
    loop, end = asyncio.get_running_loop(), clock() + seconds

    def look() -> None:
        nonlocal timer
        left = end - clock()
        if left > 0:
            timer = loop.call_later(left, look)
        else:
            timeout.reschedule(loop.time())

    async with asyncio.timeout(None) as timeout:
        timer = loop.call_later(seconds, look)
        try:
            yield
        finally:
            timer.cancel()
