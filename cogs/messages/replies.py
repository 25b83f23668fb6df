"""Answers to interactions: ephemeral texts and cards, and the public status of a new job."""

import asyncio
import contextlib
import logging

import discord
from discord import ui

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.targets import NO_MENTIONS
from cogs.ui.job_buttons import waiting_buttons
from storage import Job

log = logging.getLogger(__name__)

REPLY_TIMEOUT = 60.0  # seconds


class InteractionReply:
    """The public answer to one interaction: a job's status at once, or a placeholder that becomes it."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction
        self._deferred = False

    async def defer_with(self, text: str) -> None:
        """Acknowledge in time with a placeholder, which `send` replaces. Raises nothing of Discord's."""
        self._deferred = True
        try:
            await self._interaction.response.send_message(
                text, allowed_mentions=NO_MENTIONS, suppress_embeds=True
            )
        except DISCORD_ERRORS as err:
            log.warning("interaction %s: cannot be held: %s", self._interaction.id, err)

    async def send(self, text: str, job: Job) -> int:
        """Answer with the status of a job; returns the message's id. Raises one of DISCORD_ERRORS."""
        view = waiting_buttons(job)
        async with asyncio.timeout(REPLY_TIMEOUT):
            if self._deferred:
                message = await self._interaction.edit_original_response(
                    content=text, view=view, allowed_mentions=NO_MENTIONS
                )
                return message.id
            try:
                response = await self._interaction.response.send_message(
                    text, view=view, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
            except DISCORD_ERRORS:
                return (await self._interaction.original_response()).id  # perhaps only its answer was lost
            return response.message_id or (await self._interaction.original_response()).id

    async def withdraw(self) -> None:
        """Delete the placeholder, if there is one: there will be no status. Raises nothing of Discord's."""
        if self._deferred:
            with contextlib.suppress(*DISCORD_ERRORS):
                await self._interaction.delete_original_response()


async def reply_privately(interaction: discord.Interaction, text: str) -> None:
    """Answer with an ephemeral text. Raises nothing of Discord's."""
    try:
        async with asyncio.timeout(REPLY_TIMEOUT):
            if interaction.response.is_done():
                await interaction.followup.send(
                    text, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
            else:
                await interaction.response.send_message(
                    text, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
    except DISCORD_ERRORS as err:
        log.warning("interaction %s: cannot be answered: %s", interaction.id, err)


async def send_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Answer with an ephemeral card."""
    await interaction.response.send_message(
        view=card, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
    )


async def replace_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Replace the card whose button or select was used."""
    await interaction.response.edit_message(view=card, allowed_mentions=NO_MENTIONS, suppress_embeds=True)
