"""Whether a server answers over HTTP: asked at start, now and then, and whenever there is doubt."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from comfy.errors import ComfyError, ServerUnreachable, TokenRefused

log = logging.getLogger(__name__)

MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.1, 5.0  # while it does not answer
TOLERATED_FAILURES = 2  # in a row, of a server that nobody doubts: one 503 of a gateway is no outage
LIVE_POLLS = 3  # how many times rarer it is asked while its websocket is open


class Connection:
    """`up`: whether the last request was answered. `epoch`: how often it came (back) up. `run` is its task.

    `error`: why it is not up. A websocket decides nothing here: some gateways pass HTTP only.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[object]],
        on_change: Callable[[], None],
        *,
        name: str,
        is_live: Callable[[], bool],
        poll_seconds: float,
    ) -> None:
        """`ask` makes a small request, every `poll_seconds`; `is_live`: whether a websocket is open."""
        self.up = False
        self.epoch = 0
        self.error: ComfyError | None = None
        self._ask = ask
        self._on_change = on_change
        self._name = name
        self._is_live = is_live
        self._poll_seconds = poll_seconds
        self._failures = 0
        self._doubted = asyncio.Event()

    def doubt(self) -> None:
        """Take it for down until it has answered, which is asked at once: it may have been started anew."""
        was_up, self.up = self.up, False
        self._doubted.set()
        if was_up:
            self._on_change()

    async def run(self) -> None:
        """Ask for ever, as a task."""
        while True:
            self._doubted.clear()
            try:
                await self._ask()
            except (ServerUnreachable, TokenRefused) as err:
                self._fail(err)
            except ComfyError as err:
                log.debug("%s: an answer that makes no sense: %s", self._name, err)
                self._succeed()
            else:
                self._succeed()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._doubted.wait()

    def _pause(self) -> float:
        if self._failures:
            return min(MIN_RETRY_SECONDS * 2**self._failures, MAX_RETRY_SECONDS)
        return self._poll_seconds * (LIVE_POLLS if self._is_live() else 1)

    def _succeed(self) -> None:
        self._failures, self.error = 0, None
        if not self.up and not self._doubted.is_set():  # else the answer may be from before the doubt
            self.up = True
            self.epoch += 1
            self._on_change()

    def _fail(self, error: ComfyError) -> None:
        self._failures = min(self._failures + 1, 16)
        if self.up and self._failures <= TOLERATED_FAILURES:
            return
        changed = self.up or str(error) != str(self.error)
        self.up, self.error = False, error
        if changed:
            log.info("%s: not reachable: %s", self._name, error)
            self._on_change()
