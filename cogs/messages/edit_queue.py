"""Which status message of a channel is edited next, and when: urgent ones first, within the rate limit.

Discord allows about five edits in five seconds on a channel. Progress is spaced evenly; what is urgent is
sent at once where the rate limit allows.
"""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from dataclasses import dataclass, replace

from cogs.messages.delivery_policy import backoff
from cogs.messages.status_facts import StatusFact, merge_facts

RATE_WINDOW = 5.25  # seconds
EDITS_PER_WINDOW = 5  # in a channel
PROGRESS_INTERVAL = RATE_WINDOW / EDITS_PER_WINDOW  # seconds between progress edits in a channel
MERGE_SECONDS = 0.25  # a fact waits this long for the next: a step and its preview come as two messages
FORGET_SECONDS = 3600.0  # without news of a job: it goes on, or ended, in another process
MAX_TRIES = 2  # for progress, as newer progress follows


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEdit:
    """What was to be shown when an edit was taken from the queue.

    `end`: show the final status where the row has ended; `urgent`: before what is not.
    """

    fact: StatusFact | None
    end: bool
    urgent: bool
    tries: int


@dataclass(slots=True, kw_only=True)
class TrackedStatus:
    """What is known of the status message of one unfinished job. Times are on the monotonic clock.

    `message_id`: the message, where the row may not have it yet; `shown`: its text, None where unknown;
    `shown_epoch`: of the row when it was shown; `confirming`: the final status was shown and is read again;
    `touched_at`: when something of the job was told; `unreachable`: it cannot be edited; `access_lost`: since
    the bot has no access, which may pass; `without_preview`: Discord has refused one; `turn`: the place in
    the queue, None while no edit is due; `expires_at`: when its text ceases to be true.
    """

    job_id: str
    fact: StatusFact | None = None
    message_id: int | None = None
    shown: str | None = None
    shown_epoch: int = 0
    confirming: bool = False
    touched_at: float = 0.0
    unreachable: bool = False
    access_lost: bool = False
    without_preview: bool = False
    edited_at: float | None = None
    expires_at: float | None = None
    turn: int | None = None
    not_before: float = 0.0
    end: bool = False
    urgent: bool = False
    tries: int = 0

    def take(self) -> PendingEdit:
        """Take what is to be shown; a preview is sent once, the text is kept for the next preview."""
        edit = PendingEdit(fact=self.fact, end=self.end, urgent=self.urgent, tries=self.tries)
        if self.fact:
            self.fact = replace(self.fact, preview=None)
        self.end = self.urgent = False
        self.tries = 0
        return edit


class EditQueue:
    """The status messages of one channel, and which of them are to be edited.

    `since`: when an earlier process may have used up the rate limit, on the monotonic clock.
    """

    def __init__(self, since: float) -> None:
        self._statuses: dict[str, TrackedStatus] = {}
        self._turns = itertools.count()
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._sent_at = deque([since] * EDITS_PER_WINDOW, maxlen=EDITS_PER_WINDOW)

    def add(self, job_id: str, fact: StatusFact) -> None:
        """Have a fact shown, unless a newer one is known or it was reported already."""
        status = self._status(job_id)
        merged = merge_facts(status.fact, fact)
        if merged != status.fact:
            status.fact, status.tries = merged, 0
            self._schedule(status, MERGE_SECONDS)

    def check(self, job_id: str, *, end: bool = False, urgent: bool = False) -> None:
        """Have the message compared with the row. `end`: show the final status if the row has ended."""
        status = self._status(job_id)
        status.end, status.urgent = status.end or end, status.urgent or urgent
        if urgent:
            status.not_before = 0.0
        self._schedule(status, 0.0)

    def posted(self, job_id: str, message_id: int, fact: StatusFact) -> None:
        """Note the status message that was sent with this fact, and have it compared with the row."""
        status = self._status(job_id)
        status.message_id, status.shown = message_id, fact.text
        status.fact = merge_facts(status.fact, fact)
        self.check(job_id, end=True)

    @property
    def urgent(self) -> bool:
        """Whether something urgent is due."""
        return any(status.urgent for status in self._due())

    async def next(self) -> TrackedStatus:
        """Wait until a message may be edited; returns the most urgent one, which is due no longer."""
        await self.ready()
        now = time.monotonic()
        ready = [status for status in self._due() if self._allowed_at(status) <= now]
        status = min(ready, key=lambda each: (not each.urgent, each.turn or 0))
        status.turn = None
        return status

    async def ready(self) -> None:
        """Wait until a message may be edited."""
        while True:
            self._changed.clear()
            now = time.monotonic()
            self._schedule_expired(now)
            due = self._due()
            if any(self._allowed_at(status) <= now for status in due):
                return
            if not due:
                self._idle.set()
            times = [self._allowed_at(status) for status in due]
            times += [each.expires_at for each in self._statuses.values() if each.expires_at is not None]
            await self._wait_for_change(min(times, default=None))

    def note_request(self) -> None:
        """Count an edit that is being sent."""
        self._sent_at.append(time.monotonic())

    def postpone(self, status: TrackedStatus, edit: PendingEdit, until: float) -> None:
        """Have the edit made later, together with what is reported meanwhile."""
        if edit.fact:
            status.fact = merge_facts(edit.fact, status.fact) if status.fact else edit.fact
        status.end, status.urgent = status.end or edit.end, status.urgent or edit.urgent
        status.not_before = until
        self._schedule(status, 0.0)

    def retry(self, status: TrackedStatus, edit: PendingEdit) -> None:
        """Try a failed edit again after a backoff; progress only a few times, as newer progress follows."""
        if status.turn is not None and not edit.urgent and not edit.end:
            return
        if edit.urgent or edit.end or edit.tries + 1 < MAX_TRIES:
            status.tries = edit.tries + 1
            self.postpone(status, edit, time.monotonic() + backoff(edit.tries))
        else:
            status.fact = None  # so that the same text may be reported again

    def forget(self, status: TrackedStatus) -> None:
        """Drop what is known of a job that has ended or is gone, unless something was reported meanwhile."""
        if status.turn is None:
            self._statuses.pop(status.job_id, None)

    async def idle(self) -> None:
        """Return when no edit is due and none is being sent."""
        await self._idle.wait()

    def _due(self) -> list[TrackedStatus]:
        return [status for status in self._statuses.values() if status.turn is not None]

    def _status(self, job_id: str) -> TrackedStatus:
        now = time.monotonic()
        if job_id not in self._statuses:
            self._forget_untouched(now - FORGET_SECONDS)
        status = self._statuses.setdefault(job_id, TrackedStatus(job_id=job_id))
        status.touched_at = now
        return status

    def _forget_untouched(self, since: float) -> None:
        """Drop jobs that ended, or go on, in another process: nobody tells this one."""
        for each in list(self._statuses.values()):
            if each.touched_at < since and each.expires_at is None:
                self.forget(each)

    def _schedule(self, status: TrackedStatus, delay: float) -> None:
        if status.turn is None:
            status.turn = next(self._turns)
            status.not_before = max(status.not_before, time.monotonic() + delay)
        self._idle.clear()
        self._changed.set()

    def _schedule_expired(self, now: float) -> None:
        for status in self._statuses.values():
            if status.expires_at is not None and status.expires_at <= now:
                status.expires_at = None
                self._schedule(status, 0.0)

    def _allowed_at(self, status: TrackedStatus) -> float:
        """When this message may be edited: its own backoff, the interval, and the rate limit."""
        spaced = self._sent_at[-1] + PROGRESS_INTERVAL if not status.urgent else 0.0
        return max(status.not_before, spaced, self._sent_at[0] + RATE_WINDOW)

    async def _wait_for_change(self, until: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if until is None else max(until - time.monotonic(), 0.0)):
                await self._changed.wait()
