"""Rate limits: a bucket for each route and channel, and one for the token, with Discord's headers."""

import hashlib
import math
from dataclasses import dataclass

from playground.discord.clock import Clock
from playground.discord.errors import RateLimited, RateLimitScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`calls` in `seconds`. Discord publishes no numbers: these are what bots have met."""

    calls: int
    seconds: float


CHANNEL_LIMIT = Limit(calls=5, seconds=5.0)
DELETE_LIMIT = Limit(calls=5, seconds=1.0)
REACTION_LIMIT = Limit(calls=1, seconds=0.25)
DEFAULT_LIMIT = Limit(calls=50, seconds=1.0)
TOKEN_LIMIT = Limit(calls=50, seconds=1.0)


@dataclass(slots=True)
class _Window:
    calls_left: int
    ends: float


class Limits:
    """Counts calls in windows that begin with the first call."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def take_from_token(self) -> None:
        """Raises RateLimited for all routes when the token has used up its second."""
        window = self._window("token", TOKEN_LIMIT)
        if window.calls_left <= 0:
            raise RateLimited(max(0.001, window.ends - self._clock.now()), RateLimitScope.GLOBAL)
        window.calls_left -= 1

    def take(self, bucket: str, limit: Limit) -> None:
        """Raises RateLimited when the bucket is empty."""
        window = self._window(bucket, limit)
        if window.calls_left <= 0:
            raise RateLimited(max(0.001, window.ends - self._clock.now()))
        window.calls_left -= 1

    def headers(self, route: str, bucket: str, limit: Limit) -> dict[str, str]:
        """Discord's headers as the bucket stands now."""
        window = self._window(bucket, limit)
        return {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(window.calls_left),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{math.ceil((window.ends - self._clock.now()) * 1000) / 1000:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }

    def _window(self, bucket: str, limit: Limit) -> _Window:
        now = self._clock.now()
        window = self._windows.get(bucket)
        if window is None or window.ends <= now:
            window = self._windows[bucket] = _Window(limit.calls, now + limit.seconds)
        return window
