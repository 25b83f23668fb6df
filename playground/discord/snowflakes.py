"""Discord's ids: milliseconds since 2015 in the upper 42 bits, so that ids sort by time."""

from playground.discord.clock import Clock

DISCORD_EPOCH = 1_420_070_400.0
"""Seconds since 1970 of the first second of 2015 (Discord reference, "Snowflakes")."""


class Snowflakes:
    """Generates ids, each larger than the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A new id for the present time."""
        self._last = max(self._last + 1, int((self._clock.now() - DISCORD_EPOCH) * 1000) << 22)
        return self._last


def time_of(snowflake: int) -> float:
    """When an id was made, in seconds since 1970."""
    return (snowflake >> 22) / 1000 + DISCORD_EPOCH
