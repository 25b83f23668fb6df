"""Buttons and menus that work for ever: all they know is in their custom id: a word, a colon, and what about.

discord.py finds them by `DynamicItem` in messages of any age; from here the cog that serves them gets them.
"""

import abc
import re
from typing import Any, Self

import discord
from discord import ui
from discord.ext import commands


class InteractionHandler(commands.Cog):
    """Whoever serves presses and choices; the one cog of that name."""

    @abc.abstractmethod
    async def press(self, interaction: discord.Interaction, word: str, about: str) -> None:
        """A button."""

    @abc.abstractmethod
    async def choose(
        self, interaction: discord.Interaction, word: str, about: str, values: list[str]
    ) -> None:
        """A menu."""


class PersistentButton(ui.DynamicItem[ui.Button[Any]], template=r"(?P<word>[a-z]+):(?P<about>.*)"):
    """A button that works for ever."""

    def __init__(
        self,
        word: str,
        about: str,
        *,
        label: str | None = None,
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(ui.Button(custom_id=f"{word}:{about}", label=label, emoji=emoji, style=style))
        self.word, self.about = word, about

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """As discord.py makes it from a message of any age."""
        return cls(match["word"], match["about"], label="…")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody pressed it."""
        await handler_of(interaction).press(interaction, self.word, self.about)


class PersistentSelect(ui.DynamicItem[ui.Select[Any]], template=r"menu (?P<word>[a-z]+):(?P<about>.*)"):
    """A menu that works for ever."""

    def __init__(
        self,
        word: str,
        about: str,
        *,
        placeholder: str | None = None,
        options: list[discord.SelectOption] | None = None,
    ) -> None:
        custom_id = f"menu {word}:{about}"
        super().__init__(ui.Select(custom_id=custom_id, placeholder=placeholder, options=options or []))
        self.word, self.about = word, about

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """As discord.py makes it from a message of any age."""
        return cls(match["word"], match["about"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody chose."""
        await handler_of(interaction).choose(interaction, self.word, self.about, self.item.values)


def handler_of(interaction: discord.Interaction[Any]) -> InteractionHandler:
    """The cog that serves; discord.py makes its items without one."""
    cog = interaction.client.get_cog("InteractionRouter")
    assert isinstance(cog, InteractionHandler)  # noqa: S101 - the house adds it before it connects
    return cog
