"""Follow one job to its end: the socket hints, the server's own queue and history decide."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

import stamina

from comfy.errors import JobLost, ServerUnreachable
from comfy.protocol.messages import JobEnded, JobEnding, MessagesMissed, QueueChanged, SocketMessage
from comfy.protocol.responses import Finished, JobPosition, Pending, Running
from comfy.server.progress import ProgressTracker
from comfy.server.websocket import Listener, Mailbox
from comfy.workflows.events import Event, Interrupted, Queued

SOON = 0.02  # seconds; servers tell of the end a few milliseconds before their history knows
NEWS = 0.03  # seconds; a job that starts at once says so before its place in line is worth a question
# Loading a large model is silent for minutes: after the first doubt it doubts more and more rarely.
SILENCES_BEFORE_DOUBT = 8

Locate = Callable[[], Awaitable[JobPosition | None]]


class Follower:
    """Turns a job's signals into events; looks for itself at the end and when the socket says nothing."""

    def __init__(
        self,
        story: ProgressTracker,
        *,
        locate: Locate,
        mailbox: Mailbox,
        listener: Listener,
        patience: float,
        quiet: float,
    ) -> None:
        """Give up after `patience` seconds without an answer, look after `quiet` seconds of silence."""
        self._story = story
        self._locate = locate
        self._mailbox = mailbox
        self._listener = listener
        self._patiently = stamina.AsyncRetryingCaller(
            attempts=None, timeout=patience, wait_initial=0.2, wait_max=2, wait_jitter=0.2
        ).on(ServerUnreachable)
        self._quiet = quiet
        self._withdrawn = False
        self._queued: Queued | None = None
        self._ended = False
        self._silences = 0

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events up to the one that ends the job.

        Raises JobLost; ServerUnreachable when patience is over; TokenRefused, BadAnswer, TooLarge.
        """
        wait = min(NEWS, self._quiet)
        while True:
            signal = await self._mailbox.take(wait)
            self._count_silence(signal, wait)
            for event in self._story.feed(signal) if signal else ():
                yield event
            wait = self._next_wait(signal, wait)
            if not self._calls_for_a_look(signal):
                continue
            found = await self._patiently(self._locate)
            await self._doubt_the_socket(found)
            for event in self._tell(found):
                yield event
            if found is None or isinstance(found, Finished):
                return

    def expect_cancellation(self) -> None:
        """We stop the job: should it be gone from the queue, it is not lost."""
        self._withdrawn = True

    def _count_silence(self, signal: SocketMessage | None, wait: float) -> None:
        if signal:
            self._silences = 0
        elif wait >= self._quiet:
            self._silences += 1

    def _next_wait(self, signal: SocketMessage | None, wait: float) -> float:
        match signal:
            case JobEnding() | JobEnded():
                self._ended = True
                return SOON
            case QueueChanged() if not self._story.started:
                return min(NEWS, self._quiet)
            case _:
                return min(2 * wait, self._quiet) if self._ended else self._quiet

    def _calls_for_a_look(self, signal: SocketMessage | None) -> bool:
        return signal is None or isinstance(signal, JobEnded | MessagesMissed)

    async def _doubt_the_socket(self, found: JobPosition | None) -> None:
        """A socket may stay open and yet deaf: its id was taken over by one that has closed since."""
        if not self._silences or self._ended:
            return
        if isinstance(found, Finished):
            await self._listener.renew()
        elif isinstance(found, Running) and (not self._story.started or self._is_long_silent()):
            await self._listener.reopen()

    def _is_long_silent(self) -> bool:
        return self._silences >= SILENCES_BEFORE_DOUBT and self._silences.bit_count() == 1

    def _tell(self, found: JobPosition | None) -> Iterator[Event]:
        match found:
            case Pending(ahead=ahead) if self._queued != (queued := Queued(ahead=ahead)):
                self._queued = queued
                yield queued
            case Running():
                yield from self._story.begin(time.time())
            case Finished(outcome=outcome):
                yield outcome
            case None if self._withdrawn:
                yield Interrupted(node="")
            case None:
                raise JobLost
            case _:
                pass
