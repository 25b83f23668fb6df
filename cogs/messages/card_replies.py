"""How a card is shown to one person: as an answer of its own, or in the place of the one that was pressed."""

import discord
from discord import ui

from cogs.messages.status import NO_MENTIONS


async def send_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Answer with a card that only this person sees."""
    await interaction.response.send_message(view=card, ephemeral=True, allowed_mentions=NO_MENTIONS)


async def replace_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Put this card in the place of the one whose button was pressed."""
    await interaction.response.edit_message(view=card, allowed_mentions=NO_MENTIONS)
