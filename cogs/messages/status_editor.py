"""The status messages: one coalescing editor for each channel, the newest text wins, finals go first.

Discord allows about five edits in five seconds on a channel. An editor keeps to that by itself: progress is
spaced evenly, the last word of a job goes at once wherever the window has a place.
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
from cogs.ui.job_buttons import last_buttons
from storage import Job, State, Store, StoreError

log = logging.getLogger(__name__)

ChannelOf = Callable[[int], discord.PartialMessageable]

WINDOW = 5.25  # seconds
EDITS = 5  # in a window
SPACING = WINDOW / EDITS  # seconds between progress edits: what comes in between is never sent
OLD = 3600.0  # seconds: the age from which on Discord takes fewer edits of a message
OLD_SPACING = 60.0  # seconds between progress edits of such a message
MAX_TRIES = 2  # for progress, since newer progress comes by itself
MAX_TRIES_UNPOSTED = 5  # for a final, until the status message is no longer waited for
EDIT_TIMEOUT = 30.0  # seconds for one edit


@dataclass(slots=True, kw_only=True)
class PendingEdit:
    """The newest text of one status message, not sent yet; not before `ready_at` on the monotonic clock.

    `preview` is a small picture to stand below the text from now on; a final takes it away.
    """

    job_id: str
    text: str
    final: bool
    preview: comfy.Preview | None = None
    tries: int = 0
    ready_at: float = 0.0


class ChannelEditor:
    """Edits the status messages of one channel, one after the other."""

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
        self.messages: dict[str, int] = {}  # status messages that no row may know yet, by job
        self._gone = set[str]()  # ids of jobs whose status message is no more
        self._edited: dict[str, float] = {}  # when progress of which job was sent last
        self._pending: dict[str, PendingEdit] = {}
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        # What a process before this one sent a moment ago counts too: it may have taken all places.
        self._sent = deque([since] * EDITS, maxlen=EDITS)

    def put(self, edit: PendingEdit) -> None:
        """Let this be the next text of its message; a final is never replaced by progress."""
        waiting = self._pending.get(edit.job_id)
        if waiting and waiting.final and not edit.final:
            return
        if waiting and edit.preview is None:
            edit.preview = waiting.preview
        self._pending[edit.job_id] = edit
        self._idle.clear()
        self._news.set()

    async def idle(self) -> None:
        """Return when nothing is left to send."""
        if self._pending:
            await self._idle.wait()

    async def run(self) -> None:
        """Send what is put, for ever."""
        while True:
            self._news.clear()
            edit = self._most_urgent()
            if edit is None:
                self._idle.set()
                await self._news.wait()
            elif (wait := self._wait_for(edit)) > 0:
                await self._news_within(wait)
            else:
                self._pending.pop(edit.job_id)
                await self._send(edit)

    def _most_urgent(self) -> PendingEdit | None:
        now = time.monotonic()
        order = sorted(self._pending.values(), key=lambda edit: (edit.ready_at > now, not edit.final))
        return order[0] if order else None

    def _wait_for(self, edit: PendingEdit) -> float:
        """Seconds until this edit may go: its own backoff, the spacing, and a place in the window."""
        now = time.monotonic()
        spaced = self._sent[-1] + SPACING if self._sent and not edit.final else 0.0
        window = self._sent[0] + WINDOW if len(self._sent) == EDITS else 0.0
        return max(edit.ready_at, spaced, window) - now

    async def _news_within(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _send(self, edit: PendingEdit) -> None:
        try:
            job = await self._look_up(edit.job_id)
            if job is None or (job.finished_at is not None and not edit.final):
                return  # removed at its owner's request, or over: progress that comes late hides no final
            if self._too_soon(edit, job):
                self._pending.setdefault(edit.job_id, edit)
            elif job.status_message is None and edit.tries < MAX_TRIES_UNPOSTED:
                self._retry_later(edit)  # its first answer is on its way to Discord at this moment
            elif edit.final:
                await self._finish(edit, job)
            elif edit.job_id not in self._gone:
                self._edited[edit.job_id] = time.monotonic()
                await self._edit(edit, job)
        except (*DISCORD_ERRORS, StoreError) as err:
            log.warning("job %s: its status cannot be edited now: %s", edit.job_id, err)
            self._retry_later(edit)

    async def _look_up(self, job_id: str) -> Job | None:
        """The job; its row learns of a message that it could not take before. Raises StoreError."""
        job, message = await self._store.find(job_id), self.messages.pop(job_id, None)
        if job is None or job.status_message is not None or message is None:
            return job
        self.messages[job_id] = message
        await self._store.set_status_message(job_id, message)
        return replace(job, status_message=message)

    async def _finish(self, edit: PendingEdit, job: Job) -> None:
        """Say the last word; a result stands by itself, a failure needs some message."""
        if not await self._edit(edit, job) and job.state is State.FAILED:
            await self._lost_status.send_final_status(job, edit.text)
        await self._store.set_end_announced(job.id)
        self._gone.discard(job.id)
        self._edited.pop(job.id, None)
        await self._pending_reaction.remove_after(job)

    async def _edit(self, edit: PendingEdit, job: Job) -> bool:
        """Whether it stands there now. Raises one of REFUSED where it is worth trying later, StoreError."""
        if job.status_message is None:
            return False
        message = self._channel.get_partial_message(job.status_message)
        self._sent.append(time.monotonic())
        try:
            async with asyncio.timeout(EDIT_TIMEOUT):
                await message.edit(
                    content=edit.text, allowed_mentions=NO_MENTIONS, **_edit_arguments(edit, job)
                )
        except discord.HTTPException as err:
            if next_step(err) is DeliveryStep.LATER:
                raise
            log.info("job %s: its status message cannot be edited any more: %s", edit.job_id, err)
            self._gone.add(job.id)
            if err.code == UNKNOWN_MESSAGE:
                await self._lost_status.deleted(job)
            return False
        return True

    def _too_soon(self, edit: PendingEdit, job: Job) -> bool:
        """Whether progress has to wait: messages older than an hour may be edited less often (30046)."""
        now, sent = time.time(), discord.utils.snowflake_time(job.status_message or 0).timestamp()
        if edit.final or job.status_message is None or now - sent < OLD:
            return False
        edit.ready_at = self._edited.get(edit.job_id, -OLD_SPACING) + OLD_SPACING
        return edit.ready_at > time.monotonic()

    def _retry_later(self, edit: PendingEdit) -> None:
        """Try later, unless a newer text has come meanwhile."""
        edit.tries += 1
        if (edit.final or edit.tries < MAX_TRIES) and edit.job_id not in self._pending:
            edit.ready_at = time.monotonic() + backoff(edit.tries - 1)
            self._pending[edit.job_id] = edit


class EditArguments(TypedDict, total=False):
    """The arguments of `edit` that change what stands below the text."""

    attachments: list[discord.File | discord.Attachment]
    view: ui.View | None


def _edit_arguments(edit: PendingEdit, job: Job) -> EditArguments:
    if edit.final:
        return {"attachments": [], "view": last_buttons(job)}
    if edit.preview is None:
        return {}
    name = f"preview.{edit.preview.kind}"
    picture = io.BytesIO(edit.preview.image)
    return {"attachments": [discord.File(picture, name, description=translate(job.locale, "preview"))]}


class StatusEditor:
    """Keeps each job's status message at its newest text; opened by `open_status_editor`."""

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
        """Show progress, unless that is what stands there already."""
        if self._shown.get(job.id) != text:
            self._shown[job.id] = text
            self._editor(job.channel_id).put(PendingEdit(job_id=job.id, text=text, final=False))

    def show_preview(self, job: Job, preview: comfy.Preview) -> None:
        """Put a picture below whatever stands there."""
        text = self._shown.get(job.id)
        if text:
            edit = PendingEdit(job_id=job.id, text=text, final=False, preview=preview)
            self._editor(job.channel_id).put(edit)

    def finish(self, job: Job, text: str) -> None:
        """Show the last word of a job."""
        self._shown.pop(job.id, None)
        self._editor(job.channel_id).put(PendingEdit(job_id=job.id, text=text, final=True))

    def posted(self, job: Job, message_id: int, text: str) -> None:
        """Note that somebody else sent the status, with this text: also where the row cannot take it now."""
        self._shown.setdefault(job.id, text)
        self._editor(job.channel_id).messages[job.id] = message_id

    async def flush(self) -> None:
        """Return when nothing is left to send."""
        for editor, _ in self._editors.values():
            await editor.idle()

    def close(self) -> None:
        """Stop; what is left to say is said by the next process."""
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
    """A presenter that stops at the end; `flush` it before. Raises StoreError."""
    since = time.monotonic() - (time.time() - await store.last_moved())
    async with asyncio.TaskGroup() as tasks:
        status_editor = StatusEditor(store, channel_of, lost_status, pending_reaction, tasks, since)
        try:
            yield status_editor
        finally:
            status_editor.close()
