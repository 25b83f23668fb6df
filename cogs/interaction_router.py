"""Routes buttons, selects and modals to the cog that answers them, by the custom id alone.

All are read from the raw interaction, as discord.py remembers views and modals in this process only, and as
what it cannot read of them it answers with nothing but a traceback.
"""

from collections.abc import Mapping
from typing import TypeVar

import discord
from discord.ext import commands

from cogs.actions.context import INTERACTION_TIMEOUT, BotContext
from cogs.ui.handlers import Handlers
from cogs.ui.submissions import parse_choice, parse_custom_id, parse_submission
from jobs.errors import Refusal
from jobs.requester import Requester

T = TypeVar("T")


class InteractionRouter(commands.Cog):
    """Calls the handler that a cog declared for the action in a custom id."""

    def __init__(self, context: BotContext, handlers: list[Handlers]) -> None:
        self._context = context
        self._buttons = {action: each for some in handlers for action, each in some.buttons.items()}
        self._selects = {action: each for some in handlers for action, each in some.selects.items()}
        self._modals = {action: each for some in handlers for action, each in some.modals.items()}

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Call the handler, also of what was sent or opened before a restart.

        A component whose custom id is one word is none of ours, and left to others.
        """
        custom_id = parse_custom_id(interaction)
        if interaction.type is discord.InteractionType.modal_submit:
            await self._context.answer(
                interaction, lambda requester: self._submit(interaction, custom_id, requester), seconds=None
            )
        elif interaction.type is discord.InteractionType.component and not custom_id.isidentifier():
            await self._context.answer(
                interaction,
                lambda requester: self._press(interaction, custom_id, requester),
                seconds=INTERACTION_TIMEOUT,
            )

    async def _press(self, interaction: discord.Interaction, custom_id: str, requester: Requester) -> None:
        """Call the handler of a button or a select. Raises Refusal, StoreError."""
        action, _, argument = custom_id.partition(":")
        menu = action.removeprefix("menu ")
        if menu == action:
            await find_handler(self._buttons, action)(interaction, argument, requester)
        else:
            handler, values = find_handler(self._selects, menu), parse_choice(interaction)
            await handler(interaction, argument, requester, values)

    async def _submit(self, interaction: discord.Interaction, custom_id: str, requester: Requester) -> None:
        """Call the handler of a modal. Raises Refusal, StoreError."""
        action, _, argument = custom_id.partition(":")
        handler = find_handler(self._modals, action)
        await handler(interaction, argument, requester, parse_submission(interaction))


def find_handler(handlers: Mapping[str, T], action: str) -> T:
    """The handler of an action. Raises Refusal where there is none, as in a message of another version."""
    if action not in handlers:
        raise Refusal("outdated")
    return handlers[action]
