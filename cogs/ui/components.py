"""Persistent buttons and selects (`DynamicItem`): they work in messages of any age, after any restart.

The custom id is `ACTION:ARGUMENT` (of a select `menu ACTION:ARGUMENT`), at most 100 characters; no state is
kept in memory.
"""

import abc
import re
from typing import Any, Self

import discord
from discord import ui
from discord.ext import commands


class InteractionHandler(commands.Cog):
    """Base of the one cog that answers persistent buttons and selects."""

    @abc.abstractmethod
    async def press(self, interaction: discord.Interaction, action: str, argument: str) -> None:
        """Answer a press of the button `action:argument`."""

    @abc.abstractmethod
    async def choose(
        self, interaction: discord.Interaction, action: str, argument: str, values: list[str]
    ) -> None:
        """Answer a choice of `values` in the select `menu action:argument`."""


class PersistentButton(ui.DynamicItem[ui.Button[Any]], template=r"(?P<action>[a-z]+):(?P<argument>.*)"):
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
        super().__init__(ui.Button(custom_id=f"{action}:{argument}", label=label, emoji=emoji, style=style))
        self.action, self.argument = action, argument

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Called by discord.py for a component of a message of any age."""
        return cls(match["action"], match["argument"], label="…")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Called by discord.py when it is pressed."""
        await handler_of(interaction).press(interaction, self.action, self.argument)


class PersistentSelect(ui.DynamicItem[ui.Select[Any]], template=r"menu (?P<action>[a-z]+):(?P<argument>.*)"):
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
        super().__init__(ui.Select(custom_id=custom_id, placeholder=placeholder, options=options or []))
        self.action, self.argument = action, argument

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Called by discord.py for a component of a message of any age."""
        return cls(match["action"], match["argument"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Called by discord.py when something is chosen."""
        await handler_of(interaction).choose(interaction, self.action, self.argument, self.item.values)


def handler_of(interaction: discord.Interaction[Any]) -> InteractionHandler:
    """The cog that answers: discord.py creates dynamic items without arguments, so they ask the client."""
    cog = interaction.client.get_cog("InteractionRouter")
    assert isinstance(cog, InteractionHandler)  # noqa: S101 - added before the client connects
    return cog
