"""Deletion of jobs on request: their clip and pictures, their messages, and the row last.

What others made with them loses its files too; those people keep their rows and their messages.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import discord

from cogs.actions.context import BotContext
from cogs.discord_api.deletion import delete_message
from cogs.discord_api.errors import DISCORD_ERRORS, GONE, MISSING_ACCESS, NOT_DELETABLE
from cogs.messages.delivery_policy import backoff
from storage import BlobHeld, Job, Reason, State, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # should a notification be missed
ADMISSION_SECONDS = 10.0  # after which a picture that was saved belongs to a job, or never will

Part = Callable[[], Awaitable[None]]
EraseUploads = Callable[[Job, str], Awaitable[None]]


async def request_deletion(context: BotContext, job: Job) -> None:
    """Mark a job for deletion; the DeletionWorker deletes it, also after a restart. Raises StoreError."""
    await context.store.mark_for_deletion(job.id)
    context.notifier.notify()


class DeletionWorker:
    """Deletes marked jobs; the row last, so that after a crash the next process continues.

    `erase_uploads` overwrites one of a job's pictures on the GPU servers, and raises nothing.
    """

    def __init__(self, context: BotContext, erase_uploads: EraseUploads | None = None) -> None:
        self._context = context
        self._erase_uploads = erase_uploads
        self._stopping: set[str] = set()  # ids of withdrawn jobs that are shown as being stopped
        self._announced: set[str] = set()  # ids of jobs whose end this process has announced
        self._tries: dict[str, int] = {}  # by the id of a job that cannot be deleted yet
        self._due: dict[str, float] = {}  # when to try again, on the monotonic clock

    async def run(self) -> None:
        """Delete marked jobs until cancelled."""
        while True:
            try:
                await self.process_marked()
            except (StoreError, OSError) as err:
                log.error("what is to be deleted stays for now: %s", err)
            await self._context.notifier.wait(POLL_SECONDS)

    async def process_marked(self) -> None:
        """Take each marked job, and each that was made with one, one step further. Raises StoreError."""
        await self._process_withdrawn()
        deleted, after = 0, 0
        while jobs := await self._context.store.marked_for_deletion(after=after):
            unannounced = {job.id for job in await self._context.store.unannounced_ends()}
            for job in jobs:
                if job.finished_at is None:
                    await self._stop(job)
                elif job.id in unannounced:
                    self._announce_end(job)
                elif time.monotonic() >= self._due.get(job.id, 0):
                    deleted += await self._delete(job)
            after = jobs[-1].seq
        if deleted:
            await self._context.store.database.discard_deleted()

    async def _process_withdrawn(self) -> None:
        """Cancel the jobs of others that are made with what was taken back, and delete their files."""
        erased, after, store = 0, 0, self._context.store
        await store.cancel_withdrawn()
        while jobs := await store.withdrawn(after=after):
            unannounced = {job.id for job in await store.unannounced_ends()}
            for job in jobs:
                if job.finished_at is None:
                    self._show_stopping(job)
                    continue
                if job.id in unannounced:
                    self._announce_end(job)
                erased += await self._erase(job)
            after = jobs[-1].seq
        if erased:
            await store.database.discard_deleted()

    def _show_stopping(self, job: Job) -> None:
        if job.id not in self._stopping:
            self._stopping.add(job.id)
            self._context.messages.announcer.cancelling(job)
            self._context.notifier.notify()

    async def _erase(self, job: Job) -> bool:
        """Delete the files of a withdrawn job; whether that was possible."""
        if time.monotonic() < self._due.get(job.id, 0):
            return False
        if error := await _failure_of(lambda: self._delete_files(job)):
            self._postpone(job, error)
            return False
        await self._context.store.erase_withdrawn(job.id)
        self._forget(job)
        log.info("job %s: its picture was taken back", job.id)
        return True

    async def _stop(self, job: Job) -> None:
        """Cancel an unfinished job, unless it is being delivered: then its message is not known yet."""
        if not job.cancel_requested and job.state is not State.DELIVERING:
            reason = Reason(code="by_person")
            cancelled = await self._context.store.cancel(job.id, mover="bin", reason=reason)
            if cancelled and cancelled.finished_at is None:
                self._context.messages.announcer.cancelling(cancelled)
            self._context.notifier.notify()

    def _announce_end(self, job: Job) -> None:
        """Have the final status shown first: after its message is deleted it would be sent as a new one."""
        if job.id not in self._announced:
            self._announced.add(job.id)
            self._context.messages.announcer.ended(job)

    async def _delete(self, job: Job) -> bool:
        """Delete the files, the messages and then the row; whether all of that was possible."""
        result_channel = job.result_channel or job.channel_id
        parts: Sequence[Part] = (  # files first: whatever becomes of the messages, nothing is kept of them
            lambda: self._delete_files(job),
            lambda: self._delete_message(job, job.channel_id, job.status_message),
            lambda: self._delete_message(job, result_channel, job.result_message),
        )
        errors = [error for part in parts if (error := await _failure_of(part))]
        if errors:
            self._postpone(job, errors[0])
            return False
        if seconds := await self._context.messages.stray_results.seconds_until_settled(job):
            self._due[job.id] = time.monotonic() + seconds  # a result that appears late is found by the row
            return False
        await self._context.store.delete_job(job.id)
        self._forget(job)
        log.info("job %s: removed, with all that belonged to it", job.id)
        return True

    def _forget(self, job: Job) -> None:
        self._announced.discard(job.id)
        self._stopping.discard(job.id)
        self._tries.pop(job.id, None)
        self._due.pop(job.id, None)

    async def _delete_message(self, job: Job, channel_id: int, message_id: int | None) -> None:
        """Delete one of the bot's messages, unless it is gone or can never be deleted.

        Raises one of DISCORD_ERRORS to try again: whatever else Discord says, it may still stand there.
        """
        if message_id is None:
            return
        try:
            await delete_message(self._context.client, channel_id, message_id)
        except discord.HTTPException as err:
            if err.code not in GONE and not self._can_never_be_deleted(job, err):
                raise
            log.info("job %s: message %s is gone, or out of reach for good: %s", job.id, message_id, err)

    def _can_never_be_deleted(self, job: Job, err: discord.HTTPException) -> bool:
        """Whether the bot has left the guild (a hidden channel may open again), or it is not its message."""
        client = self._context.client
        left = client.is_ready() and client.get_guild(job.guild_id) is None
        return err.code in NOT_DELETABLE or (err.code == MISSING_ACCESS and left)

    async def _delete_files(self, job: Job) -> None:
        """Delete the clip, the files that begin with it, and each picture unless another job has it.

        Raises FilesLeft, BlobHeld, BlobsUnavailable, StoreError.
        """
        await self._context.files.remove_clips_of(job.id)
        await self._context.files.remove_joined_of(await self._context.store.joined_behind(job.id))
        for picture in job.pictures:
            if not await self._context.store.needs_picture(picture, beside=job.id):
                await self._delete_picture(job, picture)

    async def _delete_picture(self, job: Job, picture: str) -> None:
        """Delete a picture that no other job has. One that may be admitted with another job is waited for."""
        before = max(job.created_at, self._context.store.now() - ADMISSION_SECONDS)
        if not await self._context.files.remove_picture(picture, before):
            raise BlobHeld("its picture was sent again a moment ago")
        if self._erase_uploads:
            await self._erase_uploads(job, picture)

    def _postpone(self, job: Job, err: Exception) -> None:
        tries = self._tries.get(job.id, 0)
        self._tries[job.id] = tries + 1
        self._due[job.id] = time.monotonic() + backoff(tries, err)
        log.warning("job %s: cannot be removed yet: %r", job.id, err)


async def _failure_of(part: Part) -> Exception | None:
    """Await a part of a deletion; its error of Discord or the disk, so that it stops no other part."""
    try:
        await part()
    except DISCORD_ERRORS as err:
        return err
    return None
