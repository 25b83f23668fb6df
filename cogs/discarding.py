"""🗑️ under a clip: asked back once, then it goes into the bin."""

from typing import Any

import discord
from discord import ui

from cogs.access.actors import location_of
from cogs.access.policy import Action, Actor
from cogs.access.rights import require_access
from cogs.actions.context import BotContext
from cogs.actions.delete import request_deletion
from cogs.i18n.catalogue import translate
from cogs.interaction_router import Handlers, InteractiveCog
from cogs.messages.card_replies import replace_card, send_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.job_buttons import ButtonAction
from storage import Job

NOW = "deletenow"


class Discarding(InteractiveCog):
    """For the owner of a clip, and for who moderates where it was made."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(buttons={ButtonAction.DELETE: self._ask_back, NOW: self._discard})

    async def _ask_back(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await send_card(interaction, render_question(locale, await self._allowed(interaction, about)))

    async def _discard(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about)
        await request_deletion(self._context, job)
        text = translate(locale, "delete_begun", short=job.short)
        await replace_card(interaction, build_card(PLAIN, ui.TextDisplay(text)))

    async def _allowed(self, interaction: discord.Interaction, about: str) -> Job:
        """The job, if this person may delete it. Raises Refusal, StoreError."""
        job = await self._context.job(about)
        actor = Actor.of(interaction.user)
        require_access(self._context.policy, actor, location_of(interaction), Action.DELETE, job)
        return job


def render_question(locale: str, job: Job) -> ui.LayoutView:
    """Nothing is deleted by one slip of a thumb."""
    label = translate(locale, "button_deletenow")
    danger = PersistentButton(NOW, job.id, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    text = translate(locale, "delete_ask", short=job.short)
    return build_card(PLAIN, ui.TextDisplay(text), ui.ActionRow[Any](danger))
