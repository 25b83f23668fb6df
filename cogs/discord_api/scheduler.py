"""The one scheduler of all requests to Discord: priorities, pace, 429 by scope, invalid requests.

Discord allows a token 50 requests a second, a channel about five messages in five seconds, and an address
10,000 answers of 401, 403 or 429 in ten minutes, after which it bans it for an hour (Discord's reference,
"Rate Limits"). Interactions and their webhooks do not count towards the token's limit.
"""

import contextlib
import logging
import re
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from http import HTTPStatus
from types import SimpleNamespace

import aiohttp
from yarl import URL

from cogs.discord_api.rate_limiter import Priority, RateLimiter, Slot
from cogs.discord_api.requests import CURRENT_CALL, DiscordCall, discord_request
from storage import LeaseLost, LeaseTerm

log = logging.getLogger(__name__)

TOKEN_CALLS, TOKEN_SECONDS = 45, 1.05  # of Discord's 50 a second
SENDS_PER_WINDOW, SEND_WINDOW = 5, 5.25  # messages in a channel, and seconds
KEPT_FREE = {Priority.PROGRESS: 5, Priority.COURTESY: 25}  # slots of a second of the token
SENDS_KEPT_FREE = {Priority.COURTESY: 3}  # slots of a channel's window
MAX_INVALID = 10_000  # answers of 401, 403, 429 in INVALID_WINDOW: then Discord bans the address
INVALID_WINDOW = 600.0  # seconds
INVALID_STATUSES = frozenset({401, 403, 429})
EXEMPT_PATHS = ("/interactions/", "/webhooks/")
INTERACTION = "interaction"
SCOPES = frozenset({"user", "global", "shared"})  # of a 429: of its bucket, of the token, of all bots there
UNKNOWN_SCOPE = "unknown"
WARN_EVERY = 500  # invalid requests
MAX_PAUSE = 3600.0  # seconds
SENDS = re.compile(r"POST /channels/(\d+)/messages")
MAX_IDLE_CHANNELS = 256


class RequestScheduler:
    """Gives each request to Discord its turn, by hooks of the HTTP session that discord.py uses.

    `sent`: requests so far by the name of their priority, INTERACTION for those that need no turn.
    `rate_limited`: answers of 429 by scope; `invalid`: answers of 401, 403 and 429 that count at Discord.
    """

    def __init__(self, api_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`api_url`: where requests to Discord's API go; others (CDN, gateway) are none of its business."""
        self._base = URL(api_url.rstrip("/"))
        self._clock = clock
        self._token = RateLimiter(TOKEN_CALLS, TOKEN_SECONDS, kept_free=self._kept_free)
        self._channels: dict[int, RateLimiter] = {}
        self._invalid = deque[float](maxlen=MAX_INVALID)
        self.sent = Counter[str]()
        self.rate_limited = Counter[str]()
        self.invalid = 0

    @property
    def invalid_requests(self) -> int:
        """How many answers of the last ten minutes counted as invalid at Discord."""
        while self._invalid and self._invalid[0] < self._clock() - INVALID_WINDOW:
            self._invalid.popleft()
        return len(self._invalid)

    def trace(self) -> aiohttp.TraceConfig:
        """The hooks, for `discord.Client(http_trace=…)`."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._before)
        trace.on_connection_create_end.append(_check_lease)
        trace.on_connection_reuseconn.append(_check_lease)
        trace.on_request_end.append(self._after)
        trace.on_request_exception.append(self._without_answer)
        return trace

    async def turn(self, priority: Callable[[], Priority]) -> Slot:
        """Wait for the turn of one request before it is known what to send; see `discord_request`.

        `priority` is asked again whenever a turn is free. Abandon the slot where nothing is sent.
        """
        return await self._token.acquire(priority)

    @contextlib.asynccontextmanager
    async def send(
        self, channel_id: int, seconds: float, priority: Priority, *, term: LeaseTerm | None = None
    ) -> AsyncGenerator[None]:
        """Send one message to a channel in this block: a `discord_request` that waits for its turn there."""
        slot = await self._channel(channel_id).acquire(lambda: priority)
        try:
            async with discord_request(seconds, priority, slot=slot, term=term):
                yield
        finally:
            slot.release()

    def note_invalid(self) -> None:
        """Count an answer of 401, 403 or 429 towards the ban."""
        self.invalid += 1
        self._invalid.append(self._clock())
        if self.invalid_requests % WARN_EVERY == 0:
            log.error(
                "%d invalid requests in ten minutes: at %d Discord bans this address",
                self.invalid_requests,
                MAX_INVALID,
            )

    def _channel(self, channel_id: int) -> RateLimiter:
        if len(self._channels) > MAX_IDLE_CHANNELS:
            self._channels = {key: each for key, each in self._channels.items() if not each.idle}
        if channel_id not in self._channels:
            self._channels[channel_id] = RateLimiter(
                SENDS_PER_WINDOW, SEND_WINDOW, kept_free=lambda priority: SENDS_KEPT_FREE.get(priority, 0)
            )
        return self._channels[channel_id]

    def _kept_free(self, priority: Priority) -> int:
        """Progress and courtesies slow down as invalid requests add up, and stop at half of the limit."""
        kept = KEPT_FREE.get(priority, 0)
        return kept and kept + 2 * TOKEN_CALLS * self.invalid_requests // MAX_INVALID

    async def _before(
        self, _: aiohttp.ClientSession, trace: SimpleNamespace, request: aiohttp.TraceRequestStartParams
    ) -> None:
        """Wait for the request's turn, where it counts towards the token's limit; kept until its answer."""
        trace.turn = None
        path = self._path(request.url)
        if path is None:
            return
        if path.startswith(EXEMPT_PATHS):
            self.sent[INTERACTION] += 1
            return
        call = CURRENT_CALL.get() or DiscordCall()
        trace.turn, call.turn = call.turn or await self._token.acquire(call.priority), None
        try:
            call.check_lease()  # this process may have been stopped, or asleep, since the last look
        except LeaseLost:
            trace.turn.abandon()
            raise
        self.sent[call.priority().name.lower()] += 1

    async def _without_answer(self, _: aiohttp.ClientSession, trace: SimpleNamespace, __: object) -> None:
        if trace.turn:
            trace.turn.release()

    async def _after(
        self, _: aiohttp.ClientSession, trace: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        """Note the answer's status, and obey a 429 by its scope."""
        if trace.turn:
            trace.turn.release()
        path = self._path(request.url)
        if path is None:
            return
        if call := CURRENT_CALL.get():
            call.answered(request.response.status)
        if request.response.status in INVALID_STATUSES:
            self._read_refusal(request.method, path, request.response)

    def _path(self, url: URL) -> str | None:
        """The path below the API's address; None for another address."""
        if url.origin() != self._base.origin() or not url.path.startswith(self._base.path):
            return None
        return url.path.removeprefix(self._base.path)

    def _read_refusal(self, method: str, path: str, response: aiohttp.ClientResponse) -> None:
        scope = response.headers.get("X-RateLimit-Scope")
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.rate_limited[scope if scope and scope in SCOPES else UNKNOWN_SCOPE] += 1
            log.warning("429 for %s %s (scope: %s)", method, path, scope)
            self._pause(method, path, scope, _seconds(response.headers.get("Retry-After")))
        if scope != "shared":  # Discord does not count those
            self.note_invalid()

    def _pause(self, method: str, path: str, scope: str | None, seconds: float) -> None:
        sends = SENDS.fullmatch(f"{method} {path}")
        if scope == "global":
            self._token.pause(seconds)
        elif sends:
            self._channel(int(sends[1])).pause(seconds)


async def _check_lease(_: aiohttp.ClientSession, __: SimpleNamespace, ___: object) -> None:
    """The last look before a request leaves: connecting takes time too. Raises LeaseLost."""
    if call := CURRENT_CALL.get():
        call.check_lease()


def _seconds(header: str | None) -> float:
    """The seconds of a Retry-After header, 0 where there is none that can be read; at most an hour."""
    try:
        return min(float(header or 0), MAX_PAUSE)
    except ValueError:
        return 0.0
