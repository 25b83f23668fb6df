"""Answers to interactions: ephemeral texts and cards, and the public status of a new job."""

import contextlib
import logging
from collections.abc import AsyncGenerator

import discord
from discord import ui

from cogs.discord_api.errors import ALREADY_ACKNOWLEDGED, DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
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
            async with discord_request(REPLY_TIMEOUT, Priority.STATUS):
                await self._interaction.response.send_message(
                    text, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
        except DISCORD_ERRORS as err:
            log.warning("interaction %s: cannot be held: %r", self._interaction.id, err)

    async def send(self, text: str, job: Job) -> int:
        """Answer with the status of a job; returns the message's id. Raises one of DISCORD_ERRORS."""
        view = waiting_buttons(job)
        if self._deferred:
            return await self._edit_placeholder(text, view)
        message_id = None
        async with _confirmed(self._interaction):
            response = await self._interaction.response.send_message(
                text, view=view, allowed_mentions=NO_MENTIONS, suppress_embeds=True
            )
            message_id = response.message_id
        return message_id or await _original_id(self._interaction)

    async def _edit_placeholder(self, text: str, view: ui.View) -> int:
        """Edit it once more where the answer cannot be read, then take its id from a look at it."""
        for _ in range(2):
            with contextlib.suppress(UnreadableAnswer):
                async with discord_request(REPLY_TIMEOUT, Priority.STATUS):
                    message = await self._interaction.edit_original_response(
                        content=text, view=view, allowed_mentions=NO_MENTIONS
                    )
                    return message.id
        return await _original_id(self._interaction)

    async def withdraw(self) -> None:
        """Delete the placeholder, if there is one: there will be no status. Raises nothing of Discord's."""
        if self._deferred:
            with contextlib.suppress(*DISCORD_ERRORS):
                async with discord_request(REPLY_TIMEOUT):
                    await self._interaction.delete_original_response()


async def reply_privately(
    interaction: discord.Interaction, text: str, view: ui.View = discord.utils.MISSING
) -> None:
    """Answer with an ephemeral text, and the buttons of `view`. Raises nothing of Discord's."""
    try:
        async with discord_request(REPLY_TIMEOUT):
            if interaction.response.is_done():
                await interaction.followup.send(
                    text, view=view, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
            else:
                await interaction.response.send_message(
                    text, view=view, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
                )
    except DISCORD_ERRORS as err:
        log.warning("interaction %s: cannot be answered: %r", interaction.id, err)


async def send_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Answer with an ephemeral card. Raises one of DISCORD_ERRORS."""
    async with _confirmed(interaction):
        await interaction.response.send_message(
            view=card, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
        )


async def replace_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Replace the card whose button or select was used. Raises one of DISCORD_ERRORS."""
    async with _confirmed(interaction):
        await interaction.response.edit_message(view=card, allowed_mentions=NO_MENTIONS, suppress_embeds=True)


@contextlib.asynccontextmanager
async def _confirmed(interaction: discord.Interaction) -> AsyncGenerator[None]:
    """Answer the interaction in this block; where it may have been taken all the same, ask Discord for it.

    Raises one of DISCORD_ERRORS where there is no answer.
    """
    try:
        async with discord_request(REPLY_TIMEOUT, Priority.STATUS):
            yield
    except DISCORD_ERRORS as err:
        if isinstance(err, discord.HTTPException) and err.status < 500 and err.code != ALREADY_ACKNOWLEDGED:
            raise
        log.info("interaction %s: is it answered? %r", interaction.id, err)
        await _original_id(interaction)


async def _original_id(interaction: discord.Interaction) -> int:
    """The id of the message that answers the interaction. Raises one of DISCORD_ERRORS."""
    async with discord_request(REPLY_TIMEOUT, Priority.STATUS):
        return (await interaction.original_response()).id
