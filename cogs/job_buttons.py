"""The buttons under a job's messages: reroll, change, extend, cancel, retry, reduce, delete."""

from typing import Any

import discord
from discord import ui

from cogs.access.policy import Action
from cogs.actions.attachments import refuse_by_metadata
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.actions.delete import request_deletion
from cogs.actions.reroll import FollowUps
from cogs.actions.submit import JobSubmitter
from cogs.i18n.catalogue import translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.job_buttons import ButtonAction
from cogs.ui.modals import change_modal, extend_modal, parse_change, parse_extension
from cogs.ui.submissions import ModalSubmission
from comfy import Workflow
from jobs.errors import Refusal
from jobs.reduction import reduced
from jobs.requester import Requester
from storage import Job, State

DELETE_NOW = "deletenow"


class JobButtons(InteractiveCog):
    """Answers every button of a job's messages but ℹ️, which the cog `Show` answers."""

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
                ButtonAction.SMALLER: self._retry_reduced,
                ButtonAction.DELETE: self._confirm_delete,
                DELETE_NOW: self._delete,
            },
            modals={ButtonAction.CHANGE: self._change, ButtonAction.EXTEND: self._extend},
        )

    async def _reroll(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await self._allowed(job_id, requester, Action.REROLL)
        await self._context.require_channel(interaction)
        await interaction.response.defer()
        await self._follow_ups.reroll(requester, job)

    async def _retry(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await self._allowed(job_id, requester, Action.RETRY)
        await self._context.require_channel(interaction)
        await interaction.response.defer()
        await self._follow_ups.retry(requester, job, job.params)

    async def _retry_reduced(
        self, interaction: discord.Interaction, job_id: str, requester: Requester
    ) -> None:
        job = await self._allowed(job_id, requester, Action.RETRY)
        params = reduced(job.params)
        if params is None:
            raise Refusal("smallest")
        await self._context.require_channel(interaction)
        await interaction.response.defer()
        await self._follow_ups.retry(requester, job, params)

    async def _cancel(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await cancel(self._context, requester, await self._context.job(job_id))
        if job.state is State.CANCELLED:
            await interaction.response.defer()
        else:
            await interaction.response.send_message(translate(requester.locale, "cancelling"), ephemeral=True)

    async def _open_change(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await self._allowed(job_id, requester, Action.CHANGE)
        await self._context.require_channel(interaction)
        await interaction.response.send_modal(change_modal(job, requester.locale, self._workflow_of(job)))

    async def _open_extend(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await self._allowed(job_id, requester, Action.EXTEND)
        await self._context.require_channel(interaction)
        await interaction.response.send_modal(extend_modal(job, requester.locale, self._workflow_of(job)))

    async def _change(
        self,
        interaction: discord.Interaction,
        job_id: str,
        requester: Requester,
        submission: ModalSubmission,
    ) -> None:
        job, key = await self._context.job(job_id), f"interaction {interaction.id}"
        options = parse_change(submission)
        await self._submitter.submit(
            interaction,
            requester,
            Action.CHANGE,
            lambda: self._context.service.change(requester, job, options, key),
            parent=job,
        )

    async def _extend(
        self,
        interaction: discord.Interaction,
        job_id: str,
        requester: Requester,
        submission: ModalSubmission,
    ) -> None:
        job, key = await self._context.job(job_id), f"interaction {interaction.id}"
        options, join = parse_extension(submission), "yes" in submission.choices.get("join", ())
        ends = submission.uploads.get("end", ())
        for each in ends:
            refuse_by_metadata(each)
        load_last = self._context.picture_loaders(ends)[0] if ends else None
        await self._submitter.submit(
            interaction,
            requester,
            Action.EXTEND,
            lambda: self._context.service.extend(
                requester, job, options, join=join, key=key, load_last=load_last
            ),
            parent=job,
        )

    async def _confirm_delete(
        self, interaction: discord.Interaction, job_id: str, requester: Requester
    ) -> None:
        job = await self._allowed(job_id, requester, Action.DELETE)
        await send_card(interaction, render_delete_question(requester.locale, job))

    async def _delete(self, interaction: discord.Interaction, job_id: str, requester: Requester) -> None:
        job = await self._allowed(job_id, requester, Action.DELETE)
        await request_deletion(self._context, job)
        text = translate(requester.locale, "delete_begun", short=job.short)
        await replace_card(interaction, build_card(DEFAULT_COLOUR, ui.TextDisplay(text)))

    def _workflow_of(self, job: Job) -> Workflow | None:
        return self._context.workflows.get(job.params.workflow)

    async def _allowed(self, job_id: str, requester: Requester, action: Action) -> Job:
        """The job, if the requester may do this with it. Raises Refusal, StoreError."""
        job = await self._context.job(job_id)
        await self._context.require(requester, action, job)
        return job


def render_delete_question(locale: str, job: Job) -> ui.LayoutView:
    """A card with a button that confirms the deletion of a job."""
    label = translate(locale, "button_deletenow")
    danger = PersistentButton(DELETE_NOW, job.id, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    text = translate(locale, "delete_ask", short=job.short)
    return build_card(DEFAULT_COLOUR, ui.TextDisplay(text), ui.ActionRow[Any](danger))
