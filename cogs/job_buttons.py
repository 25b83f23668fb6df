"""The buttons under a job's messages: again, change, extend, cancel, try again, try smaller."""

import discord

from cogs.access.policy import Action
from cogs.access.rights import require_access
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.actions.reroll import FollowUps, requester_of_interaction
from cogs.actions.submit import JobSubmitter
from cogs.i18n.catalogue import translate
from cogs.interaction_router import Handlers, InteractiveCog
from cogs.ui.job_buttons import ButtonAction
from cogs.ui.modals import change_modal, extend_modal, parse_change, parse_extension
from cogs.ui.submissions import ModalSubmission
from jobs.errors import Refusal
from jobs.options import reduced
from jobs.service import Admitted, Asker
from storage import Job, State


class JobButtons(InteractiveCog):
    """Each answers to its word; ℹ️ and 🗑️ are in modules of their own."""

    def __init__(self, context: BotContext, follow_ups: FollowUps, submitter: JobSubmitter) -> None:
        self._context = context
        self._follow_ups = follow_ups
        self._submitter = submitter
        self.handlers = Handlers(
            buttons={
                ButtonAction.AGAIN: self._reroll,
                ButtonAction.CHANGE: self._open_change,
                ButtonAction.EXTEND: self._open_extend,
                ButtonAction.CANCEL: self._cancel,
                ButtonAction.RETRY: self._retry,
                ButtonAction.SMALLER: self._try_smaller,
            },
            forms={ButtonAction.CHANGE: self._change, ButtonAction.EXTEND: self._extend},
        )

    async def _reroll(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._context.job(about)
        await interaction.response.defer()
        await self._follow_ups.reroll(requester_of_interaction(interaction, locale), job)

    async def _retry(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._context.job(about)
        await interaction.response.defer()
        await self._follow_ups.retry(requester_of_interaction(interaction, locale), job, job.params)

    async def _try_smaller(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._context.job(about)
        params = reduced(job.params)
        if params is None:
            raise Refusal("smallest")
        await interaction.response.defer()
        await self._follow_ups.retry(requester_of_interaction(interaction, locale), job, params)

    async def _cancel(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        click = requester_of_interaction(interaction, locale)
        job = await cancel(self._context, click.actor, click.place, await self._context.job(about))
        if job.state is State.CANCELLED:
            await interaction.response.defer()
        else:
            await interaction.response.send_message(translate(locale, "cancelling"), ephemeral=True)

    async def _open_change(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about, Action.CHANGE, locale)
        await interaction.response.send_modal(change_modal(job, locale))

    async def _open_extend(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about, Action.EXTEND, locale)
        await interaction.response.send_modal(extend_modal(job, locale))

    async def _change(
        self, interaction: discord.Interaction, about: str, locale: str, submission: ModalSubmission
    ) -> None:
        job = await self._allowed(interaction, about, Action.CHANGE, locale)

        async def admit(asker: Asker) -> Admitted:
            key = f"interaction {interaction.id}"
            return await self._context.service.change(asker, job, parse_change(submission), key)

        await self._submitter.submit(interaction, Action.CHANGE, admit, owner=job.user_id)

    async def _extend(
        self, interaction: discord.Interaction, about: str, locale: str, submission: ModalSubmission
    ) -> None:
        job = await self._allowed(interaction, about, Action.EXTEND, locale)

        async def admit(asker: Asker) -> Admitted:
            return await self._context.service.extend(
                asker,
                job,
                parse_extension(submission),
                after=job.id if "yes" in submission.choices.get("join", ()) else None,
                key=f"interaction {interaction.id}",
            )

        await self._submitter.submit(interaction, Action.EXTEND, admit, owner=job.user_id)

    async def _allowed(
        self, interaction: discord.Interaction, about: str, action: Action, locale: str
    ) -> Job:
        job = await self._context.job(about)
        click = requester_of_interaction(interaction, locale)
        require_access(self._context.policy, click.actor, click.place, action, job)
        return job
