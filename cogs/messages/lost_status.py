"""Handles jobs whose status message was deleted, or cannot be edited any more."""

import logging
from enum import StrEnum

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.delivery_policy import DeliveryStep, next_step
from cogs.messages.targets import MessageKind, build_nonce, mention_owner, open_channel
from jobs.notifier import QueueNotifier
from storage import Job, Reason, State, Store

log = logging.getLogger(__name__)

SEND_TIMEOUT = 60.0  # seconds for one message


class OnDelete(StrEnum):
    """What to do with a running job whose status message is deleted."""

    DELIVER = "deliver"
    DROP = "drop"


class LostStatusHandler:
    """Cancels jobs whose status message was deleted, and sends final statuses that cannot be edits."""

    def __init__(
        self,
        client: discord.Client,
        scheduler: RequestScheduler,
        store: Store,
        notifier: QueueNotifier,
        on_delete: OnDelete,
    ) -> None:
        self._client = client
        self._scheduler = scheduler
        self._store = store
        self._notifier = notifier
        self._on_delete = on_delete

    async def deleted(self, job: Job) -> Job | None:
        """Cancel a job whose status message was deleted: a queued one always, others by `on_delete`.

        Returns the job where it is to be cancelled or has ended thereby. Raises StoreError.
        """
        if job.state is not State.QUEUED and self._on_delete is OnDelete.DELIVER:
            return None
        cancelled = await self._store.cancel(job.id, mover="status deleted", reason=Reason(code="deleted"))
        if cancelled:
            log.info("job %s: cancelled, its status message was deleted", job.id)
            self._notifier.notify()
        return cancelled

    async def send_final_status(self, job: Job, text: str, tries: int = 0) -> None:
        """Send a final status as a new message in the channel, else by DM; `tries`: how often it was before.

        Raises one of DISCORD_ERRORS where it should be tried later.
        """
        tried = [DeliveryStep.WITHOUT_REFERENCE]
        while DeliveryStep.GIVE_UP not in tried:
            try:
                await self._send(job, text, tried)
            except DISCORD_ERRORS as err:
                tried.append(next_step(err, tried, tries))
                log.info("job %s: its last word did not arrive, next: %s: %r", job.id, tried[-1], err)
                if DeliveryStep.LATER in tried:
                    raise
            else:
                return

    async def _send(self, job: Job, text: str, tried: list[DeliveryStep]) -> None:
        async with discord_request(SEND_TIMEOUT, Priority.STATUS):
            channel = await open_channel(self._client, job, tried)
        async with self._scheduler.send(channel.id, SEND_TIMEOUT, Priority.STATUS):
            await channel.send(
                f"<@{job.user_id}> {text}",
                allowed_mentions=mention_owner(job),
                suppress_embeds=True,
                nonce=build_nonce(job, MessageKind.FINAL_STATUS),
            )
