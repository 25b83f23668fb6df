"""Deletes results that appeared late, beside the one that a row names, or where it names none.

Whoever takes a delivery over waits until no request of the former holder can be on its way, and looks for
the clip before it is sent. What Discord itself kept back for longer is found by this second look. Which jobs
it is about follows from their rows, so a kill costs nothing but a repeated look.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import discord

from cogs.discord_api.deletion import delete_message
from cogs.discord_api.errors import DISCORD_ERRORS, GONE
from cogs.discord_api.requests import discord_request
from cogs.messages.delivery_policy import DeliveryStep, next_step
from cogs.messages.sent_results import REQUEST_TIMEOUT, SentResults
from cogs.messages.targets import open_channel
from storage import Job, Store, StoreError

log = logging.getLogger(__name__)

SETTLE_SECONDS = 120.0  # after the end of a delivery that was taken over
WINDOW_SECONDS = 3600.0  # in which an ended job is looked for
POLL_SECONDS = 20.0
MAX_TRIES = 8


class StrayResults:
    """Looks once more for results of deliveries that were taken over, and deletes those no row names."""

    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client = client
        self._store = store
        self._sent_results = SentResults(client, store)
        self._tries: dict[str, int] = {}  # by job's id; MAX_TRIES: it is done with

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.delete_due()
            except StoreError as err:
                log.error("late results are not looked for now: %s", err)
            await asyncio.sleep(POLL_SECONDS)

    async def delete_due(self) -> None:
        """Look for those of each delivery that ended SETTLE_SECONDS ago. Raises StoreError."""
        begin = datetime.fromtimestamp(time.time() - WINDOW_SECONDS, UTC)
        jobs = await self._store.adopted_deliveries(
            settle=SETTLE_SECONDS, window=WINDOW_SECONDS, message=discord.utils.time_snowflake(begin)
        )
        self._tries = {job.id: self._tries.get(job.id, 0) for job in jobs}
        for job in jobs:
            if self._tries[job.id] < MAX_TRIES:
                self._tries[job.id] += 1
                if await self._delete_strays(job):
                    self._tries[job.id] = MAX_TRIES

    async def seconds_until_settled(self, job: Job) -> float:
        """For how long the row of an ended job is needed yet, to look for late results. Raises StoreError."""
        left = (job.finished_at or 0.0) + SETTLE_SECONDS + 2 * POLL_SECONDS - self._store.now()
        if left <= 0:
            return 0.0
        return left if await self._store.was_adopted(job) else 0.0

    async def _delete_strays(self, job: Job) -> bool:
        """Delete them in each place where one can be; False where that is to be tried again."""
        done = [await self._delete_at(job, by_dm=each) for each in self._places(job)]
        return all(done)

    def _places(self, job: Job) -> Sequence[bool]:
        """Whether to look in the direct messages of the owner, and before that in the channel."""
        in_channel = job.result_message is not None and job.result_channel in (None, job.channel_id)
        return (False,) if in_channel else (False, True)

    async def _delete_at(self, job: Job, *, by_dm: bool) -> bool:
        try:
            async with discord_request(REQUEST_TIMEOUT):
                channel = await open_channel(self._client, job, [DeliveryStep.BY_DM] if by_dm else [])
            for message in await self._sent_results.all(channel, job):
                if message.id != job.result_message:
                    await delete_message(self._client, channel.id, message.id)
                    log.warning("job %s: its result %s came late and is deleted", job.id, message.id)
        except DISCORD_ERRORS as err:
            log.info("job %s: late results cannot be looked for: %r", job.id, err)
            gone = isinstance(err, discord.HTTPException) and err.code in GONE
            return gone or next_step(err) is not DeliveryStep.LATER
        return True
