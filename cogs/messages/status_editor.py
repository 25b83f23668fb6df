"""Edits of status messages: a queue for each channel; the row at the edit decides what a message says."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace

import discord

import comfy
from cogs.discord_api.errors import DISCORD_ERRORS, GONE, MISSING_ACCESS, RESTORABLE, UNKNOWN_MESSAGE
from cogs.discord_api.rate_limiter import Priority, Slot
from cogs.discord_api.requests import LEASE_MARGIN, discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.bot_reactions import PendingReaction
from cogs.messages.delivery_policy import DeliveryStep, backoff, next_step
from cogs.messages.edit_arguments import edit_arguments
from cogs.messages.edit_queue import EditQueue, PendingEdit, TrackedStatus
from cogs.messages.interaction_tokens import InteractionTokens
from cogs.messages.lost_status import LostStatusHandler
from cogs.messages.status_facts import StatusContent, StatusFact, decide_status
from cogs.messages.status_writer import StatusWriter
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.job_buttons import final_buttons
from storage import FINISHED, Job, LeaseTerm, State, Store, StoreError

log = logging.getLogger(__name__)

OLD_MESSAGE_AGE = 3600.0  # seconds: the age from which on Discord allows fewer edits of a message
OLD_MESSAGE_INTERVAL = 60.0  # seconds between progress edits of such a message
MAX_TRIES_UNPOSTED = 5  # to show the end of a job that has no status message yet
EDIT_TIMEOUT = 30.0  # seconds for one edit
CONFIRM_SECONDS = 3.0  # from the final status until it is read again


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorContext:
    """What editing needs besides the channel."""

    channel_of: Callable[[int], discord.PartialMessageable]
    store: Store
    scheduler: RequestScheduler
    lost_status: LostStatusHandler
    pending_reaction: PendingReaction
    interaction_tokens: InteractionTokens = field(default_factory=InteractionTokens)
    writer: StatusWriter = StatusWriter.ALL


class ChannelEditor:
    """Edits the status messages of one channel, one after the other: choose, read the row, decide, send."""

    def __init__(self, channel_id: int, context: EditorContext, since: float) -> None:
        self._channel = context.channel_of(channel_id)
        self._context = context
        self._store = context.store
        self._turn: Slot | None = None
        self._fresh: LeaseTerm | None = None
        self.queue = EditQueue(since)

    async def run(self) -> None:
        """Make the edits of the queue until cancelled."""
        while True:
            await self.queue.ready()
            self._turn = await self._context.scheduler.turn(
                self._priority
            )  # only then what is newest is read
            try:
                status = await self.queue.next()
                await self._update(status, status.take())
            finally:
                self._turn.abandon()

    def _priority(self) -> Priority:
        return Priority.STATUS if self.queue.urgent else Priority.PROGRESS

    async def _update(self, status: TrackedStatus, edit: PendingEdit) -> None:
        """Make the message say what its row allows. Errors that pass put the edit off."""
        try:
            self._fresh = self._time_until_stale()
            job = await self._look_up(status)
            if job is None or (job.state in FINISHED and not edit.end):
                self.queue.forget(status)  # deleted, or its end is reported by whoever ended it
                return
            if job.state not in FINISHED and not self._context.writer.may_edit(job, edit.fact):
                self.queue.forget(status)  # another process edits it now
                return
            content = decide_status(job, edit.fact, self._time_shown(job))
            if content:
                await self._show(status, edit, job, content)
        except (*DISCORD_ERRORS, StoreError) as err:
            log.warning("job %s: its status cannot be edited now: %s", status.job_id, err)
            self.queue.retry(status, edit)

    def _time_until_stale(self) -> LeaseTerm | None:
        """For how long what the row says may be sent: others move it, while this process may be stopped."""
        several = self._context.writer.is_one_of_several
        return LeaseTerm(EDIT_TIMEOUT + LEASE_MARGIN) if several else None

    async def _look_up(self, status: TrackedStatus) -> Job | None:
        """The job; records its status message where that failed before. Raises StoreError."""
        job = await self._store.find(status.job_id)
        if job is None or job.status_message is not None or status.message_id is None:
            return job
        await self._store.set_status_message(job.id, status.message_id)
        return replace(job, status_message=status.message_id)

    def _time_shown(self, job: Job) -> float:
        """The Unix time until which the text will stand there at least."""
        return time.time() + (OLD_MESSAGE_INTERVAL if _is_old(job) else 0.0)

    async def _show(self, status: TrackedStatus, edit: PendingEdit, job: Job, content: StatusContent) -> None:
        """Send what was decided, now or later. Raises one of DISCORD_ERRORS, StoreError."""
        if content.final:
            await self._finish(status, edit, job, content)
        elif job.status_message is None or status.unreachable:
            return  # not posted yet: `posted` brings it back
        elif content.text == status.shown and content.preview is None and self._is_alone_since(status, job):
            status.expires_at = _on_monotonic_clock(content.expires_at)
        elif not edit.urgent and (due := self._too_soon_until(status, job)):
            self.queue.postpone(status, edit, due)
        else:
            status.edited_at = time.monotonic()
            if not await self._edit(status, edit, job, content):
                self.queue.check(job.id, end=True)  # that its message is gone may have ended the job

    def _is_alone_since(self, status: TrackedStatus, job: Job) -> bool:
        """Whether nobody else can have edited the message since this process showed its text."""
        return status.shown_epoch == job.epoch or not self._context.writer.is_one_of_several

    async def _finish(
        self, status: TrackedStatus, edit: PendingEdit, job: Job, content: StatusContent
    ) -> None:
        """Send the final status: an edit by one token or the other; else a failure as a message."""
        if status.confirming:
            await self._confirm(status, edit, job, content)
            return
        if job.status_message is None and edit.tries < MAX_TRIES_UNPOSTED:
            status.tries = edit.tries + 1
            self.queue.postpone(status, edit, time.monotonic() + backoff(edit.tries))
            return
        edited = await self._edit(status, edit, job, content)
        if not edited and self._context.writer is StatusWriter.WORKER:
            self.queue.forget(status)  # the gateway says it: it may have the interaction's token
            return
        edited = edited or await self._context.interaction_tokens.edit_status(
            job.id, content.text, final_buttons(job)
        )
        if not edited and job.state is State.FAILED:
            await self._context.lost_status.send_final_status(job, content.text, edit.tries)
        self._context.interaction_tokens.forget(job.id)
        await self._store.set_end_announced(job.id, shown=edited or not status.access_lost)
        await self._context.pending_reaction.remove_after(job)
        if edited and self._context.writer.is_one_of_several:
            status.confirming = True
            self.queue.postpone(status, edit, time.monotonic() + CONFIRM_SECONDS)
        else:
            self.queue.forget(status)

    async def _confirm(
        self, status: TrackedStatus, edit: PendingEdit, job: Job, content: StatusContent
    ) -> None:
        """Read the message once more, and repair it where an edit that began before the end came after it.

        Raises one of DISCORD_ERRORS, StoreError.
        """
        message = self._channel.get_partial_message(job.status_message or 0)
        try:
            async with discord_request(EDIT_TIMEOUT, Priority.STATUS, turn=self._turn):
                found = await message.fetch()
        except discord.HTTPException as err:
            if next_step(err, tries=edit.tries) is DeliveryStep.LATER:
                raise
            log.info("job %s: its final status cannot be read again: %s", job.id, err)
        else:
            if found.content.strip() != content.text.strip() or found.attachments:
                log.warning("job %s: its final status was overwritten and is shown again", job.id)
                await self._edit(status, edit, job, content)
        self.queue.forget(status)

    async def _edit(self, status: TrackedStatus, edit: PendingEdit, job: Job, content: StatusContent) -> bool:
        """Edit the message; False where it cannot be edited any more.

        Raises one of DISCORD_ERRORS where it should be tried later, StoreError.
        """
        if job.status_message is None:
            return False
        if status.without_preview:
            content = replace(content, preview=None)
        message = self._channel.get_partial_message(job.status_message)
        status.shown = status.expires_at = None
        self.queue.note_request()
        priority = Priority.STATUS if edit.urgent else Priority.PROGRESS
        try:
            async with discord_request(EDIT_TIMEOUT, priority, turn=self._turn, term=self._fresh):
                await message.edit(
                    content=content.text, allowed_mentions=NO_MENTIONS, **edit_arguments(content, job)
                )
        except discord.HTTPException as err:
            if next_step(err, tries=edit.tries) is DeliveryStep.LATER:
                raise
            if content.preview and err.code not in {*GONE, MISSING_ACCESS}:
                status.without_preview = True  # a filter, a permission, its size: the text may be taken
                return await self._edit(status, edit, job, content)
            log.info("job %s: its status message cannot be edited any more: %s", job.id, err)
            status.unreachable, status.access_lost = True, err.code in RESTORABLE
            if err.code == UNKNOWN_MESSAGE:
                await self._context.lost_status.deleted(job)
            return False
        status.shown, status.shown_epoch = content.text, job.epoch
        status.expires_at = _on_monotonic_clock(content.expires_at)
        return True

    def _too_soon_until(self, status: TrackedStatus, job: Job) -> float | None:
        """When progress may be shown, as Discord allows fewer edits of old messages (error 30046)."""
        if status.edited_at is None or not _is_old(job):
            return None
        allowed_at = status.edited_at + OLD_MESSAGE_INTERVAL
        return allowed_at if allowed_at > time.monotonic() else None


def _is_old(job: Job) -> bool:
    if job.status_message is None:
        return False
    return time.time() - discord.utils.snowflake_time(job.status_message).timestamp() >= OLD_MESSAGE_AGE


def _on_monotonic_clock(at: float | None) -> float | None:
    return None if at is None else time.monotonic() + (at - time.time())


class StatusEditor:
    """Edits each job's status message to what its row allows; opened by `open_status_editor`."""

    def __init__(self, context: EditorContext, tasks: asyncio.TaskGroup, since: float) -> None:
        self._context = context
        self._tasks = tasks
        self._editors: dict[int, tuple[ChannelEditor, asyncio.Task[None]]] = {}
        self._since = since

    def show(self, job: Job, text: str, *, eta: float | None = None, without_eta: str = "") -> None:
        """Show a text while the row is in the state and epoch of `job`.

        `eta`: the Unix time that the text announces; once it is near, `without_eta` is shown instead.
        """
        fact = StatusFact(state=job.state, epoch=job.epoch, text=text, eta=eta, without_eta=without_eta)
        self._queue(job).add(job.id, fact)

    def show_preview(self, job: Job, preview: comfy.Preview) -> None:
        """Attach a preview together with the newest text, if there is one."""
        fact = StatusFact(state=job.state, epoch=job.epoch, preview=preview)
        self._queue(job).add(job.id, fact)

    def stopping(self, job: Job) -> None:
        """Show at once that a job is being stopped, if its row says so."""
        self._queue(job).check(job.id, urgent=True)

    def finish(self, job: Job) -> None:
        """Show the final status of a job whose row has ended."""
        self._queue(job).check(job.id, end=True, urgent=True)

    def posted(self, job: Job, message_id: int, text: str) -> None:
        """Note the status message that was sent, even before the row can record it.

        Its text is replaced where the row has moved on meanwhile.
        """
        fact = StatusFact(state=job.state, epoch=job.epoch, text=text)
        self._queue(job).posted(job.id, message_id, fact)

    async def flush(self) -> None:
        """Return when no edit is due and none is being sent."""
        for editor, _ in list(self._editors.values()):
            await editor.queue.idle()

    def close(self) -> None:
        """Stop without sending pending edits; final statuses are sent by the next process."""
        for _, task in self._editors.values():
            task.cancel()

    def _queue(self, job: Job) -> EditQueue:
        if job.channel_id not in self._editors:
            editor = ChannelEditor(job.channel_id, self._context, self._since)
            task = self._tasks.create_task(editor.run(), name=f"editor of channel {job.channel_id}")
            self._editors[job.channel_id] = (editor, task)
        return self._editors[job.channel_id][0].queue


@contextlib.asynccontextmanager
async def open_status_editor(context: EditorContext) -> AsyncGenerator[StatusEditor]:
    """A StatusEditor that is closed at the end; `flush` it before. Raises StoreError."""
    since = time.monotonic() - (time.time() - await context.store.last_moved())
    async with asyncio.TaskGroup() as tasks:
        status_editor = StatusEditor(context, tasks, since)
        try:
            yield status_editor
        finally:
            status_editor.close()
