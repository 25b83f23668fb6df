"""How a card for one person's eyes is laid out and shown: texts, a line between them, rows of buttons."""

from typing import Any

import discord
from discord import ui

ACCENT = 0x5865F2


def build_card(*items: ui.Item[Any]) -> ui.LayoutView:
    """One container; what stands in it works for ever, as all our buttons and menus do."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*items, accent_colour=ACCENT))
    return view


async def show_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Answer with a card that only this person sees."""
    await interaction.response.send_message(
        view=card, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
    )


async def turn_card(interaction: discord.Interaction, card: ui.LayoutView) -> None:
    """Put this card in the place of the one whose button was pressed."""
    await interaction.response.edit_message(view=card, allowed_mentions=discord.AllowedMentions.none())
