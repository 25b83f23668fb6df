"""Routes buttons, selects and modals to the cog that answers them, by the custom id alone.

discord.py remembers a modal in this process only, so modals are read from raw interactions.
"""

from collections.abc import Mapping
from typing import TypeVar

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.ui.components import InteractionHandler
from cogs.ui.handlers import Handlers
from cogs.ui.submissions import parse_submission
from jobs.errors import Refusal
from jobs.requester import Requester

T = TypeVar("T")


class InteractionRouter(InteractionHandler):
    """Calls the handler that a cog declared for the action in a custom id."""

    def __init__(self, context: BotContext, handlers: list[Handlers]) -> None:
        self._context = context
        self._buttons = {action: each for some in handlers for action, each in some.buttons.items()}
        self._selects = {action: each for some in handlers for action, each in some.selects.items()}
        self._modals = {action: each for some in handlers for action, each in some.modals.items()}

    async def press(self, interaction: discord.Interaction, action: str, argument: str) -> None:
        """Call the handler of a button."""
        await self._context.answer(
            interaction,
            lambda requester: find_handler(self._buttons, action)(interaction, argument, requester),
        )

    async def choose(
        self, interaction: discord.Interaction, action: str, argument: str, values: list[str]
    ) -> None:
        """Call the handler of a select."""
        await self._context.answer(
            interaction,
            lambda requester: find_handler(self._selects, action)(interaction, argument, requester, values),
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Call the handler of a modal, also of one that was opened before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return

        async def handle(requester: Requester) -> None:
            submission = parse_submission(interaction)
            action, _, argument = submission.custom_id.partition(":")
            await find_handler(self._modals, action)(interaction, argument, requester, submission)

        await self._context.answer(interaction, handle, seconds=None)


def find_handler(handlers: Mapping[str, T], action: str) -> T:
    """The handler of an action. Raises Refusal where there is none, as in a message of another version."""
    if action not in handlers:
        raise Refusal("outdated")
    return handlers[action]
