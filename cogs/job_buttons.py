"""The buttons under a job's messages: again, change, extend, cancel, try again, try smaller."""

import discord

from cogs.access.policy import Action
from cogs.access.rights import allow
from cogs.actions.cancel import cancel
from cogs.actions.context import Desk
from cogs.actions.reroll import Again, click_on
from cogs.actions.submit import Asking
from cogs.i18n.catalogue import say
from cogs.interaction_router import Answering, Handlers
from cogs.ui.job_buttons import Word
from cogs.ui.modals import change_form, extend_form, read_change, read_extension
from cogs.ui.submissions import Filled
from jobs.errors import Refusal
from jobs.options import shrink
from jobs.service import Asker, Taken
from storage import Job, State


class JobButtons(Answering):
    """Each answers to its word; ℹ️ and 🗑️ are in modules of their own."""

    def __init__(self, desk: Desk, again: Again, asking: Asking) -> None:
        self._desk = desk
        self._again = again
        self._asking = asking
        self.handlers = Handlers(
            buttons={
                Word.AGAIN: self._reroll,
                Word.CHANGE: self._open_change,
                Word.EXTEND: self._open_extend,
                Word.CANCEL: self._cancel,
                Word.RETRY: self._retry,
                Word.SMALLER: self._try_smaller,
            },
            forms={Word.CHANGE: self._change, Word.EXTEND: self._extend},
        )

    async def _reroll(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._desk.job(about)
        await interaction.response.defer()
        await self._again.reroll(click_on(interaction, locale), job)

    async def _retry(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._desk.job(about)
        await interaction.response.defer()
        await self._again.retry(click_on(interaction, locale), job, job.params)

    async def _try_smaller(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._desk.job(about)
        params = shrink(job.params)
        if params is None:
            raise Refusal("smallest")
        await interaction.response.defer()
        await self._again.retry(click_on(interaction, locale), job, params)

    async def _cancel(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        click = click_on(interaction, locale)
        job = await cancel(self._desk, click.person, click.place, await self._desk.job(about))
        if job.state is State.CANCELLED:
            await interaction.response.defer()
        else:
            await interaction.response.send_message(say(locale, "cancelling"), ephemeral=True)

    async def _open_change(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about, Action.CHANGE, locale)
        await interaction.response.send_modal(change_form(job, locale))

    async def _open_extend(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about, Action.EXTEND, locale)
        await interaction.response.send_modal(extend_form(job, locale))

    async def _change(
        self, interaction: discord.Interaction, about: str, locale: str, filled: Filled
    ) -> None:
        job = await self._allowed(interaction, about, Action.CHANGE, locale)

        async def admit(asker: Asker) -> Taken:
            key = f"interaction {interaction.id}"
            return await self._desk.intake.change(asker, job, read_change(filled), key)

        await self._asking.take(interaction, Action.CHANGE, admit, owner=job.user_id)

    async def _extend(
        self, interaction: discord.Interaction, about: str, locale: str, filled: Filled
    ) -> None:
        job = await self._allowed(interaction, about, Action.EXTEND, locale)

        async def admit(asker: Asker) -> Taken:
            return await self._desk.intake.extend(
                asker,
                job,
                read_extension(filled),
                after=job.id if "yes" in filled.choices.get("join", ()) else None,
                key=f"interaction {interaction.id}",
            )

        await self._asking.take(interaction, Action.EXTEND, admit, owner=job.user_id)

    async def _allowed(
        self, interaction: discord.Interaction, about: str, action: Action, locale: str
    ) -> Job:
        job = await self._desk.job(about)
        click = click_on(interaction, locale)
        allow(self._desk.gate, click.person, click.place, action, job)
        return job
