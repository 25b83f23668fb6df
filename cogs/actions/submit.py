"""Admits a job for an interaction, and answers with the job's status message."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

import discord

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.i18n.catalogue import translate
from cogs.messages.replies import InteractionReply, reply_privately
from cogs.ui.texts import render_advice
from jobs.requester import Requester
from jobs.service import Admitted
from storage import Job, StoreError

log = logging.getLogger(__name__)

DEFER_SECONDS = 1.5  # until the placeholder is sent: Discord wants an answer within 3

Admit = Callable[[], Coroutine[object, object, Admitted]]


class JobSubmitter:
    """Admits jobs of commands and modals. To be used within `BotContext.answer`."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    async def submit(
        self,
        interaction: discord.Interaction,
        requester: Requester,
        action: Action,
        admit: Admit,
        *,
        parent: Job | None = None,
    ) -> None:
        """Check access, call `admit`, answer with the job's status; `parent`: the job that it derives from.

        Raises Refusal, StoreError.
        """
        await self._context.require(requester, action, parent)
        await self._context.require_channel(interaction)
        reply = InteractionReply(interaction)
        try:
            admitted = await self._admit_in_time(reply, admit, requester)
        except Exception:  # whatever it is: no placeholder stays for a job that is not there
            await reply.withdraw()
            raise
        self._context.messages.interaction_tokens.keep(admitted.job.id, interaction)
        await self._publish(reply, admitted.job)
        if admitted.advice:
            await reply_privately(interaction, render_advice(requester.locale, admitted.advice))

    async def _admit_in_time(self, reply: InteractionReply, admit: Admit, requester: Requester) -> Admitted:
        """Admit the job; acknowledge the interaction first where that takes longer than Discord waits."""
        work = asyncio.create_task(admit(), name=f"admission for person {requester.user_id}")
        try:
            done, _ = await asyncio.wait({work}, timeout=DEFER_SECONDS)
            if not done:
                await reply.defer_with(translate(requester.locale, "looking"))
            return await work
        finally:
            work.cancel()

    async def _publish(self, reply: InteractionReply, job: Job) -> None:
        """Answer with the status message. Raises nothing: the job is admitted, even if the answer fails."""
        try:
            text = await self._context.status_text(job)
            try:
                await self._context.messages.status.record(job, await reply.send(text, job), text)
            except DISCORD_ERRORS as err:
                log.warning("job %s: the answer did not reach Discord: %s", job.id, err)
                self._context.messages.status.post_soon(job, text)
        except StoreError as err:
            log.error("job %s: its status message is not recorded: %s", job.id, err)
        self._context.notifier.notify()
