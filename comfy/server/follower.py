"""Follow one job to its end: websocket messages as hints, the server's queue and history as the truth.

Where no websocket is open, queue and history are polled.
"""

import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import replace

import stamina

from comfy.errors import BadAnswer, JobLost, ServerUnreachable
from comfy.protocol.messages import JobEnded, JobEnding, MessagesMissed, QueueChanged, SocketMessage
from comfy.protocol.responses import Done, Finished, Interrupted, JobPosition, Pending, Running
from comfy.server.progress import ProgressTracker
from comfy.server.websocket import Subscription, WebSocketReader
from comfy.workflows.events import Event, Queued

# Servers announce the end a few milliseconds before their history has it.
END_POLL_SECONDS = 0.02
# A job that starts at once says so within this time: only after it the position in the queue is asked for.
START_TIMEOUT = 0.03
# Loading a large model is silent for minutes: later reconnections are rarer and rarer.
SILENCES_BEFORE_RECONNECT = 8
# Without a websocket, between two looks: a short job's end is seen soon, a long one costs few requests.
MIN_POLL_SECONDS, MAX_POLL_SECONDS, POLL_GROWTH = 0.25, 2.0, 1.25

Locate = Callable[[], Awaitable[JobPosition | None]]


class Follower:
    """Turns a job's messages into events; asks the server at the end, and when the websocket is silent."""

    def __init__(
        self,
        tracker: ProgressTracker,
        *,
        locate: Locate,
        subscription: Subscription,
        reader: WebSocketReader,
        answer_timeout: float,
        silence_timeout: float,
    ) -> None:
        """Raise after `answer_timeout` seconds without an answer, ask after `silence_timeout` of silence."""
        self._tracker = tracker
        self._locate = locate
        self._subscription = subscription
        self._reader = reader
        self._retry = stamina.AsyncRetryingCaller(
            attempts=None, timeout=answer_timeout, wait_initial=0.2, wait_max=2, wait_jitter=0.2
        ).on(ServerUnreachable)
        self._silence_timeout = silence_timeout
        self._cancelled = False
        self._queued: Queued | None = None
        self._ended = False
        self._is_over = False
        self._poll_seconds, self._poll_at = END_POLL_SECONDS, math.inf
        self._silences = 0
        self._next_poll = MIN_POLL_SECONDS

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events up to the one that ends the job.

        Raises JobLost; ServerUnreachable after the answer timeout; TokenRefused, BadAnswer, TooLarge.
        """
        wait = min(START_TIMEOUT, self._silence_timeout)
        while True:
            message = await self._subscription.get(wait)
            self._count_silence(message, wait)
            for event in self._tracker.feed(message) if message else ():
                yield event
            is_reason_to_ask = self._is_reason_to_ask(message)
            wait = min(self._next_wait(message, asks=is_reason_to_ask), self._poll_wait())
            if not is_reason_to_ask:
                continue
            position = await self._retry(self._locate)
            await self._check_websocket(position)
            for event in self._position_events(position):
                yield event
            if position is None or isinstance(position, Finished):
                return

    def expect_cancellation(self) -> None:
        """We cancel the job: if it is gone from the queue, it is interrupted and not lost."""
        self._cancelled = True

    def _count_silence(self, message: SocketMessage | None, wait: float) -> None:
        if message:
            self._silences = 0
        elif self._reader.connected and wait >= self._silence_timeout:
            self._silences += 1

    def _next_wait(self, message: SocketMessage | None, *, asks: bool) -> float:
        match message:
            case JobEnding() | JobEnded() if not self._is_over:
                self._ended, self._is_over = True, isinstance(message, JobEnded)
                return self._poll_after(END_POLL_SECONDS)
            case QueueChanged() if not self._tracker.started and not self._ended:
                return min(START_TIMEOUT, self._silence_timeout)
            case _ if not self._ended:
                return self._silence_timeout
            case _ if asks:
                return self._poll_after(min(2 * self._poll_seconds, self._silence_timeout))
            case _:
                return max(0.0, self._poll_at - time.monotonic())

    def _poll_after(self, seconds: float) -> float:
        self._poll_seconds, self._poll_at = seconds, time.monotonic() + seconds
        return seconds

    def _poll_wait(self) -> float:
        """The longest wait until the next look: none while a websocket is open."""
        if self._reader.connected:
            return math.inf
        wait, self._next_poll = self._next_poll, min(POLL_GROWTH * self._next_poll, MAX_POLL_SECONDS)
        return wait

    async def _check_websocket(self, position: JobPosition | None) -> None:
        """Reconnect a websocket that is open but receives nothing (an older one with its id was closed)."""
        if not self._silences or self._ended:
            return
        if isinstance(position, Finished):
            await self._reader.reconnect_with_new_id()
        elif isinstance(position, Running) and (not self._tracker.started or self._is_long_silent()):
            await self._reader.reconnect()

    def _is_long_silent(self) -> bool:
        return self._silences >= SILENCES_BEFORE_RECONNECT and self._silences.bit_count() == 1

    def _position_events(self, position: JobPosition | None) -> Iterator[Event]:
        match position:
            case Pending(ahead=ahead) if self._queued != (queued := Queued(ahead=ahead)):
                self._queued = queued
                yield queued
            case Running():
                yield from self._tracker.start(time.time())
            case Finished(outcome=Done(files=(), seconds=seconds)):
                yield self._done_as_told(seconds)
            case Finished(outcome=Done() as done):
                yield replace(done, steps=self._tracker.steps)
            case Finished(outcome=outcome):
                yield outcome
            case None if self._cancelled:
                yield Interrupted(node="")
            case None if self._tracker.succeeded and self._tracker.saved:  # somebody cleared the history
                yield self._done_as_told(None)
            case None:
                raise JobLost
            case _:
                pass

    def _done_as_told(self, seconds: float | None) -> Done:
        """Done with the files that the websocket named, for a history that names none. Raises BadAnswer."""
        if not self._tracker.saved:
            raise BadAnswer(reason="the job succeeded without a file")
        return Done(files=self._tracker.saved, seconds=seconds, steps=self._tracker.steps)

    def _is_reason_to_ask(self, message: SocketMessage | None) -> bool:
        """Whether to ask the server; told the end again and again, it is asked at growing intervals."""
        is_end = isinstance(message, JobEnded) and not self._is_over
        is_due = time.monotonic() >= self._poll_at
        return message is None or is_end or is_due or isinstance(message, MessagesMissed)
