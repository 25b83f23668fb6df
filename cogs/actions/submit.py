"""The road from an interaction to a job: refused in words, or admitted and answered with its status."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

import discord

from cogs.access.actors import require_bot_permissions
from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.i18n.catalogue import translate
from cogs.messages.status import InteractionReply, reply_privately
from cogs.ui.texts import render_refusal
from jobs.advice import render_advice
from jobs.errors import Refusal
from jobs.service import Admitted, Asker
from storage import Job, StoreError

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds until "looking at your picture": Discord wants a word within 3

Admit = Callable[[Asker], Coroutine[object, object, Admitted]]


class JobSubmitter:
    """Takes wishes over commands and forms: each becomes one job with one status message."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    async def submit(
        self, interaction: discord.Interaction, action: Action, admit: Admit, *, owner: int | None = None
    ) -> None:
        """Have `admit` make a job of it, unless a rule says no; `owner` is whose job it makes another of."""
        answer = InteractionReply(interaction)
        locale = str(interaction.locale)
        with self._context.in_flight.track():
            try:
                locale = await self._context.locale_of(interaction)
                self._refuse_early(interaction, action, owner)
                admitted = await self._admit_in_time(answer, admit, self._context.asker(interaction, locale))
            except Refusal as refusal:
                await answer.refuse(render_refusal(locale, refusal))
                return
            except StoreError as err:
                log.error("interaction %s: %s", interaction.id, err)
                await answer.refuse(render_refusal(locale, Refusal("internal")))
                return
            await self._publish(answer, admitted.job)
            if admitted.advice:
                await reply_privately(interaction, render_advice(locale, admitted.advice))

    def _refuse_early(self, interaction: discord.Interaction, action: Action, owner: int | None) -> None:
        """Whatever is known without looking at the wish. Raises Refusal."""
        if not self._context.in_flight.is_open:
            raise Refusal("closing")
        self._context.require(interaction, action, owner=owner)
        require_bot_permissions(interaction)

    async def _admit_in_time(self, answer: InteractionReply, admit: Admit, asker: Asker) -> Admitted:
        """Admit the job; say "looking" where that takes longer than Discord waits. Raises Refusal."""
        work = asyncio.create_task(admit(asker), name=f"intake of person {asker.user_id}")
        try:
            done, _ = await asyncio.wait({work}, timeout=PATIENCE)
            if not done:
                await answer.defer_with(translate(asker.locale, "looking"))
            return await work
        finally:
            work.cancel()

    async def _publish(self, answer: InteractionReply, job: Job) -> None:
        """Answer with the status message; the row is there already, whatever becomes of the answer."""
        try:
            text = await self._context.waiting_text(job)
            try:
                await self._context.status.record(job, await answer.send(text, job), text)
            except DISCORD_ERRORS as err:
                log.warning("job %s: the answer did not reach Discord: %s", job.id, err)
                await self._context.status.post(job, text)
        except StoreError as err:
            log.error("job %s: its status message is not recorded: %s", job.id, err)
        self._context.notifier.notify()
