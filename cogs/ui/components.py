"""Buttons and selects that work in messages of any age, after any restart.

The custom id is `ACTION:ARGUMENT` (of a select `menu ACTION:ARGUMENT`), at most 100 characters; no state is
kept in memory: discord.py does not dispatch them, the InteractionRouter reads what Discord sends.
"""

from typing import Any

import discord
from discord import ui


class PersistentButton(ui.Button[Any]):
    """A button with the custom id `action:argument`."""

    def __init__(
        self,
        action: str,
        argument: str,
        *,
        label: str | None = None,
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(custom_id=f"{action}:{argument}", label=label, emoji=emoji, style=style)

    def is_dispatchable(self) -> bool:
        """Never: discord.py keeps no view for it."""
        return False


class PersistentSelect(ui.Select[Any]):
    """A select with the custom id `menu action:argument`."""

    def __init__(
        self,
        action: str,
        argument: str,
        *,
        placeholder: str | None = None,
        options: list[discord.SelectOption] | None = None,
    ) -> None:
        custom_id = f"menu {action}:{argument}"
        super().__init__(custom_id=custom_id, placeholder=placeholder, options=options or [])

    def is_dispatchable(self) -> bool:
        """Never: discord.py keeps no view for it."""
        return False
