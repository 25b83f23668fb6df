"""Edits of status messages: one coalescing queue for each channel; only the newest text of a job is sent.

Discord allows about five edits in five seconds on a channel. Progress is spaced evenly; the final status of a
job is sent at once where the rate limit allows.
"""

import asyncio
import contextlib
import io
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import TypedDict

import discord
from discord import ui

import comfy
from cogs.discord_api.errors import DISCORD_ERRORS, UNKNOWN_MESSAGE
from cogs.i18n.catalogue import translate
from cogs.messages.bot_reactions import PendingReaction
from cogs.messages.delivery_policy import DeliveryStep, backoff, next_step
from cogs.messages.lost_status import LostStatusHandler
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.job_buttons import final_buttons
from storage import Job, State, Store, StoreError

log = logging.getLogger(__name__)

ChannelOf = Callable[[int], discord.PartialMessageable]

RATE_WINDOW = 5.25  # seconds
EDITS_PER_WINDOW = 5  # in a channel
PROGRESS_INTERVAL = RATE_WINDOW / EDITS_PER_WINDOW  # seconds between progress edits in a channel
OLD_MESSAGE_AGE = 3600.0  # seconds: the age from which on Discord allows fewer edits of a message
OLD_MESSAGE_INTERVAL = 60.0  # seconds between progress edits of such a message
MAX_TRIES = 2  # for progress, as newer progress follows
MAX_TRIES_UNPOSTED = 5  # while a job has no status message yet
EDIT_TIMEOUT = 30.0  # seconds for one edit


@dataclass(slots=True, kw_only=True)
class PendingEdit:
    """The newest text of one job's status, to be sent at `ready_at` on the monotonic clock or later.

    `preview`: a picture to attach; `final` removes it.
    """

    job_id: str
    text: str
    final: bool
    preview: comfy.Preview | None = None
    tries: int = 0
    ready_at: float = 0.0


class ChannelEditor:
    """Edits the status messages of one channel, one after the other, within Discord's rate limit."""

    def __init__(
        self,
        channel: discord.PartialMessageable,
        store: Store,
        lost_status: LostStatusHandler,
        pending_reaction: PendingReaction,
        since: float,
    ) -> None:
        self._channel = channel
        self._store = store
        self._lost_status = lost_status
        self._pending_reaction = pending_reaction
        self.messages: dict[str, int] = {}  # status messages that may not be in the row yet, by the job's id
        self._unreachable = set[str]()  # ids of jobs whose status message cannot be edited any more
        self._progress_sent_at: dict[str, float] = {}  # by the job's id, on the monotonic clock
        self._pending: dict[str, PendingEdit] = {}
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        # An earlier process may have used up the rate limit just before it ended.
        self._sent_at = deque([since] * EDITS_PER_WINDOW, maxlen=EDITS_PER_WINDOW)

    def enqueue(self, edit: PendingEdit) -> None:
        """Replace the pending edit of the job; progress never replaces a final status."""
        pending = self._pending.get(edit.job_id)
        if pending and pending.final and not edit.final:
            return
        if pending and edit.preview is None:
            edit.preview = pending.preview
        self._pending[edit.job_id] = edit
        self._idle.clear()
        self._changed.set()

    async def idle(self) -> None:
        """Return when no edit is pending."""
        if self._pending:
            await self._idle.wait()

    async def run(self) -> None:
        """Send pending edits until cancelled."""
        while True:
            self._changed.clear()
            edit = self._most_urgent()
            if edit is None:
                self._idle.set()
                await self._changed.wait()
            elif (wait := self._seconds_until(edit)) > 0:
                await self._wait_for_change(wait)
            else:
                self._pending.pop(edit.job_id)
                await self._send(edit)

    def _most_urgent(self) -> PendingEdit | None:
        now = time.monotonic()
        order = sorted(self._pending.values(), key=lambda edit: (edit.ready_at > now, not edit.final))
        return order[0] if order else None

    def _seconds_until(self, edit: PendingEdit) -> float:
        """Seconds until this edit may be sent: its own backoff, the interval, and the rate limit."""
        now = time.monotonic()
        spaced = self._sent_at[-1] + PROGRESS_INTERVAL if self._sent_at and not edit.final else 0.0
        window = self._sent_at[0] + RATE_WINDOW if len(self._sent_at) == EDITS_PER_WINDOW else 0.0
        return max(edit.ready_at, spaced, window) - now

    async def _wait_for_change(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _send(self, edit: PendingEdit) -> None:
        try:
            job = await self._look_up(edit.job_id)
            if job is None or (job.finished_at is not None and not edit.final):
                return  # deleted, or over: progress that comes late replaces no final status
            if self._is_too_soon(edit, job):
                self._pending.setdefault(edit.job_id, edit)
            elif job.status_message is None and edit.tries < MAX_TRIES_UNPOSTED:
                self._retry_later(edit)  # the status message is being sent at this moment
            elif edit.final:
                await self._finish(edit, job)
            elif edit.job_id not in self._unreachable:
                self._progress_sent_at[edit.job_id] = time.monotonic()
                await self._edit(edit, job)
        except (*DISCORD_ERRORS, StoreError) as err:
            log.warning("job %s: its status cannot be edited now: %s", edit.job_id, err)
            self._retry_later(edit)

    async def _look_up(self, job_id: str) -> Job | None:
        """The job; records its status message where that failed before. Raises StoreError."""
        job, message = await self._store.find(job_id), self.messages.pop(job_id, None)
        if job is None or job.status_message is not None or message is None:
            return job
        self.messages[job_id] = message
        await self._store.set_status_message(job_id, message)
        return replace(job, status_message=message)

    async def _finish(self, edit: PendingEdit, job: Job) -> None:
        """Send the final status; a failure becomes a new message where there is none to edit."""
        if not await self._edit(edit, job) and job.state is State.FAILED:
            await self._lost_status.send_final_status(job, edit.text)
        await self._store.set_end_announced(job.id)
        self._unreachable.discard(job.id)
        self._progress_sent_at.pop(job.id, None)
        await self._pending_reaction.remove_after(job)

    async def _edit(self, edit: PendingEdit, job: Job) -> bool:
        """Edit the message; False where it cannot be edited any more.

        Raises one of DISCORD_ERRORS where it should be tried later, StoreError.
        """
        if job.status_message is None:
            return False
        message = self._channel.get_partial_message(job.status_message)
        self._sent_at.append(time.monotonic())
        try:
            async with asyncio.timeout(EDIT_TIMEOUT):
                await message.edit(
                    content=edit.text, allowed_mentions=NO_MENTIONS, **_edit_arguments(edit, job)
                )
        except discord.HTTPException as err:
            if next_step(err) is DeliveryStep.LATER:
                raise
            log.info("job %s: its status message cannot be edited any more: %s", edit.job_id, err)
            self._unreachable.add(job.id)
            if err.code == UNKNOWN_MESSAGE:
                await self._lost_status.deleted(job)
            return False
        return True

    def _is_too_soon(self, edit: PendingEdit, job: Job) -> bool:
        """Whether progress has to wait, as Discord allows fewer edits of old messages (error 30046)."""
        now, sent = time.time(), discord.utils.snowflake_time(job.status_message or 0).timestamp()
        if edit.final or job.status_message is None or now - sent < OLD_MESSAGE_AGE:
            return False
        edit.ready_at = self._progress_sent_at.get(edit.job_id, -OLD_MESSAGE_INTERVAL) + OLD_MESSAGE_INTERVAL
        return edit.ready_at > time.monotonic()

    def _retry_later(self, edit: PendingEdit) -> None:
        """Try again after a backoff, unless a newer text is pending."""
        edit.tries += 1
        if (edit.final or edit.tries < MAX_TRIES) and edit.job_id not in self._pending:
            edit.ready_at = time.monotonic() + backoff(edit.tries - 1)
            self._pending[edit.job_id] = edit


class EditArguments(TypedDict, total=False):
    """The arguments of `edit` for what is below the text."""

    attachments: list[discord.File | discord.Attachment]
    view: ui.View | None


def _edit_arguments(edit: PendingEdit, job: Job) -> EditArguments:
    if edit.final:
        return {"attachments": [], "view": final_buttons(job)}
    if edit.preview is None:
        return {}
    name = f"preview.{edit.preview.kind}"
    picture = io.BytesIO(edit.preview.image)
    return {"attachments": [discord.File(picture, name, description=translate(job.locale, "preview"))]}


class StatusEditor:
    """Edits each job's status message to its newest text; opened by `open_status_editor`."""

    def __init__(
        self,
        store: Store,
        channel_of: ChannelOf,
        lost_status: LostStatusHandler,
        pending_reaction: PendingReaction,
        tasks: asyncio.TaskGroup,
        since: float,
    ) -> None:
        self._store = store
        self._channel_of = channel_of
        self._lost_status = lost_status
        self._pending_reaction = pending_reaction
        self._tasks = tasks
        self._editors: dict[int, tuple[ChannelEditor, asyncio.Task[None]]] = {}
        self._since = since
        self._shown: dict[str, str] = {}

    def show(self, job: Job, text: str) -> None:
        """Show progress, unless the message has that text already."""
        if self._shown.get(job.id) != text:
            self._shown[job.id] = text
            self._editor(job.channel_id).enqueue(PendingEdit(job_id=job.id, text=text, final=False))

    def show_preview(self, job: Job, preview: comfy.Preview) -> None:
        """Attach a preview, with the text that was shown last."""
        text = self._shown.get(job.id)
        if text:
            edit = PendingEdit(job_id=job.id, text=text, final=False, preview=preview)
            self._editor(job.channel_id).enqueue(edit)

    def finish(self, job: Job, text: str) -> None:
        """Show the final status of a job."""
        self._shown.pop(job.id, None)
        self._editor(job.channel_id).enqueue(PendingEdit(job_id=job.id, text=text, final=True))

    def posted(self, job: Job, message_id: int, text: str) -> None:
        """Note the status message that was sent, and its text, even before the row can record it."""
        self._shown.setdefault(job.id, text)
        self._editor(job.channel_id).messages[job.id] = message_id

    async def flush(self) -> None:
        """Return when no edit is pending."""
        for editor, _ in self._editors.values():
            await editor.idle()

    def close(self) -> None:
        """Stop without sending pending edits; final statuses are sent by the next process."""
        for _, task in self._editors.values():
            task.cancel()

    def _editor(self, channel_id: int) -> ChannelEditor:
        if channel_id not in self._editors:
            editor = ChannelEditor(
                self._channel_of(channel_id),
                self._store,
                self._lost_status,
                self._pending_reaction,
                self._since,
            )
            task = self._tasks.create_task(editor.run(), name=f"editor of channel {channel_id}")
            self._editors[channel_id] = (editor, task)
        return self._editors[channel_id][0]


@contextlib.asynccontextmanager
async def open_status_editor(
    store: Store, channel_of: ChannelOf, lost_status: LostStatusHandler, pending_reaction: PendingReaction
) -> AsyncGenerator[StatusEditor]:
    """A StatusEditor that is closed at the end; `flush` it before. Raises StoreError."""
    since = time.monotonic() - (time.time() - await store.last_moved())
    async with asyncio.TaskGroup() as tasks:
        status_editor = StatusEditor(store, channel_of, lost_status, pending_reaction, tasks, since)
        try:
            yield status_editor
        finally:
            status_editor.close()
