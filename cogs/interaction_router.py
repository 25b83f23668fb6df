"""What people press, choose and fill in, handed to its cog by the custom id alone: restarts do not matter.

discord.py would remember a modal in this process only, so those are heard as raw interactions.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import discord
from discord.ext import commands

from cogs.actions.context import Desk
from cogs.ui.components import Listener
from cogs.ui.submissions import Filled, read_form
from jobs.errors import Refusal

T = TypeVar("T")
Press = Callable[[discord.Interaction, str, str], Awaitable[None]]
Choose = Callable[[discord.Interaction, str, str, list[str]], Awaitable[None]]
Submit = Callable[[discord.Interaction, str, str, Filled], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What a cog answers, by the word of the custom id. Each is called with the interaction, what it is about
    and the person's language, and may raise Refusal and StoreError."""

    buttons: Mapping[str, Press] = field(default_factory=dict[str, Press])
    menus: Mapping[str, Choose] = field(default_factory=dict[str, Choose])
    forms: Mapping[str, Submit] = field(default_factory=dict[str, Submit])


class Answering(commands.Cog):
    """A cog that answers buttons, menus or forms."""

    handlers: Handlers


class Presses(Listener):
    """Serves each press, choice and form by whoever answers its word."""

    def __init__(self, desk: Desk, handlers: list[Handlers]) -> None:
        self._desk = desk
        self._buttons = {word: each for some in handlers for word, each in some.buttons.items()}
        self._menus = {word: each for some in handlers for word, each in some.menus.items()}
        self._forms = {word: each for some in handlers for word, each in some.forms.items()}

    async def press(self, interaction: discord.Interaction, word: str, about: str) -> None:
        """A button."""
        async with self._desk.serving(interaction) as locale:
            await known(self._buttons, word)(interaction, about, locale)

    async def choose(
        self, interaction: discord.Interaction, word: str, about: str, values: list[str]
    ) -> None:
        """A menu."""
        async with self._desk.serving(interaction) as locale:
            await known(self._menus, word)(interaction, about, locale, values)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A modal, also one that was opened before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        filled = read_form(interaction)
        word, _, about = filled.custom_id.partition(":")
        async with self._desk.serving(interaction) as locale:
            await known(self._forms, word)(interaction, about, locale, filled)


def known(handlers: Mapping[str, T], word: str) -> T:
    """Who answers this word. Raises Refusal for one of another version of the bot."""
    if word not in handlers:
        raise Refusal("outdated")
    return handlers[word]
