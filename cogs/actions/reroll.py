"""Rerolls and retries of a job, requested by a reaction or a button under its messages."""

import logging
from collections.abc import Awaitable

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from jobs.requester import Requester
from jobs.service import Admitted
from storage import Job, Params, StoreError

log = logging.getLogger(__name__)


class FollowUps:
    """Admits rerolls and retries, and posts their status as a reply to the requester's message."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    async def reroll(self, requester: Requester, parent: Job) -> Admitted:
        """Admit the same job with a new seed. Raises Refusal, StoreError."""
        await self._context.require(requester, Action.REROLL, parent)
        return await self._post(requester, self._context.service.reroll(requester, parent))

    async def retry(self, requester: Requester, parent: Job, params: Params) -> Admitted:
        """Admit a failed or cancelled job again, with these parameters. Raises Refusal, StoreError."""
        await self._context.require(requester, Action.RETRY, parent)
        return await self._post(requester, self._context.service.retry(requester, parent, params))

    async def _post(self, requester: Requester, admission: Awaitable[Admitted]) -> Admitted:
        admitted = await admission
        if admitted.created:
            await self._post_status(admitted.job, requester.message_id)
            self._context.notifier.notify()
        return admitted

    async def _post_status(self, job: Job, reply_to: int) -> None:
        """Post the status soon. Raises nothing: whatever fails now, the job is admitted."""
        try:
            text = await self._context.status_text(job)
        except StoreError as err:
            log.error("job %s: its status is posted by the next start: %s", job.id, err)
        else:
            self._context.messages.status.post_soon(job, text, reply_to=reply_to)
