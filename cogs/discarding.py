"""🗑️ under a clip: asked back once, then it goes into the bin."""

from typing import Any

import discord
from discord import ui

from cogs.access.actors import place_of
from cogs.access.policy import Action, Person
from cogs.access.rights import allow
from cogs.actions.context import Desk
from cogs.actions.delete import discard
from cogs.i18n.catalogue import say
from cogs.interaction_router import Answering, Handlers
from cogs.messages.card_replies import show_card, turn_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import Button
from cogs.ui.job_buttons import Word
from storage import Job

NOW = "deletenow"


class Discarding(Answering):
    """For the owner of a clip, and for who moderates where it was made."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers = Handlers(buttons={Word.DELETE: self._ask_back, NOW: self._discard})

    async def _ask_back(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await show_card(interaction, render_question(locale, await self._allowed(interaction, about)))

    async def _discard(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        job = await self._allowed(interaction, about)
        await discard(self._desk, job)
        text = say(locale, "delete_begun", short=job.short)
        await turn_card(interaction, build_card(PLAIN, ui.TextDisplay(text)))

    async def _allowed(self, interaction: discord.Interaction, about: str) -> Job:
        """The job, if this person may delete it. Raises Refusal, StoreError."""
        job = await self._desk.job(about)
        person = Person.of(interaction.user)
        allow(self._desk.gate, person, place_of(interaction), Action.DELETE, job)
        return job


def render_question(locale: str, job: Job) -> ui.LayoutView:
    """Nothing is deleted by one slip of a thumb."""
    label = say(locale, "button_deletenow")
    danger = Button(NOW, job.id, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    text = say(locale, "delete_ask", short=job.short)
    return build_card(PLAIN, ui.TextDisplay(text), ui.ActionRow[Any](danger))
