"""How long a lease holds by this machine's own clock, whatever the database's clock and ours differ."""

import sys
import time
from collections.abc import Callable

LEASE_SECONDS = 60.0
ADOPTION_GRACE = 10.0  # seconds from the end of a delivery's lease until somebody else takes it over

if sys.platform == "linux":

    def elapsed_seconds() -> float:
        """Seconds since the start, those asleep too: Python's monotonic clock stands still meanwhile."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def elapsed_seconds() -> float:
        """Seconds of a clock that goes on while the machine sleeps; Python's monotonic one does not."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

else:

    def elapsed_seconds() -> float:
        """Seconds of the monotonic clock, which goes on while Windows sleeps."""
        return time.monotonic()


class LeaseTerm:
    """The time that is left of a lease. Its holder, and all that works for it, share one object.

    It never ends later than the lease in the database: it counts from before the statement was sent.
    """

    def __init__(
        self, seconds: float = LEASE_SECONDS, *, clock: Callable[[], float] = elapsed_seconds
    ) -> None:
        """Begin it now: to be called before the statement that grants the lease is sent."""
        self._clock = clock
        self._ends = clock() + seconds

    def now(self) -> float:
        """The time to give to `renew`, taken before the statement is sent."""
        return self._clock()

    def renew(self, since: float) -> None:
        """The lease was granted again, by a statement that was sent after `since`."""
        self._ends = max(self._ends, since + LEASE_SECONDS)

    @property
    def left(self) -> float:
        """Seconds until others may take the lease over; negative from then on."""
        return self._ends - self._clock()
