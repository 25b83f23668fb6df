"""What the process itself can tell: how late the event loop is, and how much memory is in use."""

import asyncio
import sys
from collections import deque
from pathlib import Path

if sys.platform != "win32":
    import resource

LAG_POLL_SECONDS = 0.25
LAG_KEPT_SECONDS = 60.0


class LoopLag:
    """How late the event loop runs what is due; `run` is its task."""

    def __init__(self) -> None:
        self._late = deque[float](maxlen=round(LAG_KEPT_SECONDS / LAG_POLL_SECONDS))

    @property
    def longest(self) -> float:
        """By how many seconds it was late at most, in the last LAG_KEPT_SECONDS."""
        return max(self._late, default=0.0)

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_POLL_SECONDS
            await asyncio.sleep(LAG_POLL_SECONDS)
            self._late.append(max(loop.time() - due, 0.0))


def resident_bytes() -> int | None:
    """The memory of this process that is in RAM; on macOS the most it ever was, on Windows None."""
    if sys.platform == "linux":
        pages = Path("/proc/self/statm").read_bytes().split()[1]
        return int(pages) * resource.getpagesize()
    return None if sys.platform == "win32" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
