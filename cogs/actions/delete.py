"""The bin: what people want removed goes, with its messages, clip, picture and row."""

import asyncio
import logging
import time

import discord

from cogs.actions.context import BotContext
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.delivery_policy import DeliveryStep, backoff, next_step
from storage import Job, Reason, State, StoreError

log = logging.getLogger(__name__)

LOOK_AGAIN = 1.0  # seconds, should the bell not ring
PATIENCE = 60.0  # seconds for one message


async def request_deletion(context: BotContext, job: Job) -> None:
    """Have a job removed for good; from here on the mark in its row does it. Raises StoreError."""
    await context.store.mark_for_deletion(job.id)
    context.notifier.notify()


class DeletionWorker:
    """Removes what is marked as unwanted: the row goes last, so a killed process leaves nothing half done."""

    def __init__(self, client: discord.Client, context: BotContext) -> None:
        self._client = client
        self._context = context
        self._told: set[str] = set()  # ids of jobs whose last word this process has begun to say
        self._tries: dict[str, int] = {}  # by the id of a job that cannot go yet
        self._due: dict[str, float] = {}  # when to try again, on the monotonic clock

    async def run(self) -> None:
        """Work for ever; cancel it to stop."""
        while True:
            try:
                await self.process_marked()
            except StoreError as err:
                log.error("what is to be removed stays for now: %s", err)
            await self._context.notifier.wait(LOOK_AGAIN)

    async def process_marked(self) -> None:
        """Look at each unwanted job once. Raises StoreError."""
        after = 0
        while jobs := await self._context.store.marked_for_deletion(after=after):
            untold = {job.id for job in await self._context.store.unannounced_ends()}
            for job in jobs:
                if job.finished_at is None:
                    await self._stop(job)
                elif job.id in untold:
                    self._tell(job)
                elif time.monotonic() >= self._due.get(job.id, 0):
                    await self._remove(job)
            after = jobs[-1].seq

    async def _stop(self, job: Job) -> None:
        """Cancel it, unless it is on its way to Discord: only where it arrived we know what to delete."""
        if not job.cancel_requested and job.state is not State.DELIVERING:
            await self._context.store.cancel(job.id, mover="bin", reason=Reason(code="by_person"))
            self._context.notifier.notify()

    def _tell(self, job: Job) -> None:
        """The last word goes first, or it would be sent anew where its message is gone."""
        if job.id not in self._told:
            self._told.add(job.id)
            self._context.worker.announce_end(job)

    async def _remove(self, job: Job) -> None:
        try:
            await self._delete(job.channel_id, job.status_message)
            await self._delete(job.result_channel or job.channel_id, job.result_message)
            await self._remove_files(job)
        except DISCORD_ERRORS as err:
            self._put_off(job, err)
            return
        await self._context.store.delete_job(job.id)
        self._told.discard(job.id)
        self._tries.pop(job.id, None)
        self._due.pop(job.id, None)
        log.info("job %s: removed, with all that belonged to it", job.id)

    async def _delete(self, channel_id: int, message_id: int | None) -> None:
        """Delete one of our messages, as far as Discord lets us. Raises one of REFUSED for later."""
        if message_id is None:
            return
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        try:
            async with asyncio.timeout(PATIENCE):
                await message.delete()
        except discord.HTTPException as err:
            if next_step(err) is DeliveryStep.LATER:
                raise
            log.info("message %s: gone, or out of reach: %s", message_id, err)

    async def _remove_files(self, job: Job) -> None:
        """The clip, and the picture unless another job has it or somebody is just taking it up again."""
        now = time.time()
        await self._context.files.remove_clips_of(job.id)
        if not await self._context.store.needs_picture(job.picture, beside=job.id):
            await self._context.files.remove_picture(job.picture, now)

    def _put_off(self, job: Job, err: Exception) -> None:
        tries = self._tries.get(job.id, 0)
        self._tries[job.id] = tries + 1
        self._due[job.id] = time.monotonic() + backoff(tries)
        log.warning("job %s: cannot be removed yet: %s", job.id, err)
