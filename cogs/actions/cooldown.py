"""A cooldown: the same thing once in a while."""

import time
from collections.abc import Callable, Hashable


class Cooldown:
    """Knows what was done within the last `seconds`; remembers nothing longer."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._done_at: dict[Hashable, float] = {}  # in the order of the times

    def start(self, key: Hashable) -> bool:
        """Note that this is done now; False where it was done within the last `seconds`."""
        now = self._clock()
        while self._done_at and (oldest := next(iter(self._done_at.items())))[1] <= now - self._seconds:
            del self._done_at[oldest[0]]
        if key in self._done_at:
            return False
        self._done_at[key] = now
        return True

    def reset(self, key: Hashable) -> None:
        """Forget it: it came to nothing."""
        self._done_at.pop(key, None)
