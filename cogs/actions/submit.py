"""The road from an interaction to a job: refused in words, or admitted and answered with its status."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

import discord

from cogs.access.actors import check_permissions
from cogs.access.policy import Action
from cogs.actions.context import Desk
from cogs.i18n.catalogue import say
from cogs.messages.status import UNANSWERABLE, Answer, tell
from cogs.ui.texts import render_refusal
from jobs.advice import render_advice
from jobs.errors import Refusal
from jobs.service import Asker, Taken
from storage import Job, StoreError

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds until "looking at your picture": Discord wants a word within 3

Admit = Callable[[Asker], Coroutine[object, object, Taken]]


class Asking:
    """Takes wishes over commands and forms: each becomes one job with one status message."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(
        self, interaction: discord.Interaction, action: Action, admit: Admit, *, owner: int | None = None
    ) -> None:
        """Have `admit` make a job of it, unless a rule says no; `owner` is whose job it makes another of."""
        answer = Answer(interaction)
        locale = str(interaction.locale)
        with self._desk.door.inside():
            try:
                locale = await self._desk.locale_of(interaction)
                self._refuse_early(interaction, action, owner)
                taken = await self._admit_in_time(answer, admit, self._desk.asker(interaction, locale))
            except Refusal as refusal:
                await answer.refuse(render_refusal(locale, refusal))
                return
            except StoreError as err:
                log.error("interaction %s: %s", interaction.id, err)
                await answer.refuse(render_refusal(locale, Refusal("internal")))
                return
            await self._publish(answer, taken.job)
            if taken.advice:
                await tell(interaction, render_advice(locale, taken.advice))

    def _refuse_early(self, interaction: discord.Interaction, action: Action, owner: int | None) -> None:
        """Whatever is known without looking at the wish. Raises Refusal."""
        if not self._desk.door.is_open:
            raise Refusal("closing")
        self._desk.allow(interaction, action, owner=owner)
        check_permissions(interaction)

    async def _admit_in_time(self, answer: Answer, admit: Admit, asker: Asker) -> Taken:
        """Admit the job; say "looking" where that takes longer than Discord waits. Raises Refusal."""
        work = asyncio.create_task(admit(asker), name=f"intake of person {asker.user_id}")
        try:
            done, _ = await asyncio.wait({work}, timeout=PATIENCE)
            if not done:
                await answer.hold(say(asker.locale, "looking"))
            return await work
        finally:
            work.cancel()

    async def _publish(self, answer: Answer, job: Job) -> None:
        """Answer with the status message; the row is there already, whatever becomes of the answer."""
        try:
            text = await self._desk.waiting_text(job)
            try:
                await self._desk.status.remember(job, await answer.publish(text, job), text)
            except UNANSWERABLE as err:
                log.warning("job %s: the answer did not reach Discord: %s", job.id, err)
                await self._desk.status.post(job, text)
        except StoreError as err:
            log.error("job %s: its status message is not recorded: %s", job.id, err)
        self._desk.bell.ring()
