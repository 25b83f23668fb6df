"""What people press, choose and fill in, handed to its cog by the custom id alone: restarts do not matter.

discord.py would remember a modal in this process only, so those are heard as raw interactions.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.ui.components import InteractionHandler
from cogs.ui.submissions import ModalSubmission, parse_submission
from jobs.errors import Refusal

T = TypeVar("T")
Press = Callable[[discord.Interaction, str, str], Awaitable[None]]
Choose = Callable[[discord.Interaction, str, str, list[str]], Awaitable[None]]
Submit = Callable[[discord.Interaction, str, str, ModalSubmission], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What a cog answers, by the word of the custom id. Each is called with the interaction, what it is about
    and the person's language, and may raise Refusal and StoreError."""

    buttons: Mapping[str, Press] = field(default_factory=dict[str, Press])
    menus: Mapping[str, Choose] = field(default_factory=dict[str, Choose])
    forms: Mapping[str, Submit] = field(default_factory=dict[str, Submit])


class InteractiveCog(commands.Cog):
    """A cog that answers buttons, menus or forms."""

    handlers: Handlers


class InteractionRouter(InteractionHandler):
    """Serves each press, choice and form by whoever answers its word."""

    def __init__(self, context: BotContext, handlers: list[Handlers]) -> None:
        self._context = context
        self._buttons = {word: each for some in handlers for word, each in some.buttons.items()}
        self._menus = {word: each for some in handlers for word, each in some.menus.items()}
        self._forms = {word: each for some in handlers for word, each in some.forms.items()}

    async def press(self, interaction: discord.Interaction, word: str, about: str) -> None:
        """A button."""
        async with self._context.answering(interaction) as locale:
            await known(self._buttons, word)(interaction, about, locale)

    async def choose(
        self, interaction: discord.Interaction, word: str, about: str, values: list[str]
    ) -> None:
        """A menu."""
        async with self._context.answering(interaction) as locale:
            await known(self._menus, word)(interaction, about, locale, values)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A modal, also one that was opened before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        submission = parse_submission(interaction)
        word, _, about = submission.custom_id.partition(":")
        async with self._context.answering(interaction) as locale:
            await known(self._forms, word)(interaction, about, locale, submission)


def known(handlers: Mapping[str, T], word: str) -> T:
    """Who answers this word. Raises Refusal for one of another version of the bot."""
    if word not in handlers:
        raise Refusal("outdated")
    return handlers[word]
