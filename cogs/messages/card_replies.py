"""How a card is shown to one person: as an answer of its own, or in the place of the one that was pressed."""

import discord
from discord import ui

from cogs.messages.status import NOBODY


async def show_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Answer with a card that only this person sees."""
    await interaction.response.send_message(view=card, ephemeral=True, allowed_mentions=NOBODY)


async def turn_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Put this card in the place of the one whose button was pressed."""
    await interaction.response.edit_message(view=card, allowed_mentions=NOBODY)
