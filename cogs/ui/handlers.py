"""How a cog declares which buttons, selects and modals it answers, by the action in their custom id."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import discord
from discord.ext import commands

from cogs.ui.submissions import ModalSubmission
from jobs.requester import Requester

ButtonHandler = Callable[[discord.Interaction, str, Requester], Awaitable[None]]
SelectHandler = Callable[[discord.Interaction, str, Requester, list[str]], Awaitable[None]]
ModalHandler = Callable[[discord.Interaction, str, Requester, ModalSubmission], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """A cog's handlers by action.

    Each is called with the interaction, the custom id's argument and the requester, and may raise Refusal and
    StoreError.
    """

    buttons: Mapping[str, ButtonHandler] = field(default_factory=dict[str, ButtonHandler])
    selects: Mapping[str, SelectHandler] = field(default_factory=dict[str, SelectHandler])
    modals: Mapping[str, ModalHandler] = field(default_factory=dict[str, ModalHandler])


class InteractiveCog(commands.Cog):
    """A cog that answers buttons, selects or modals."""

    handlers: Handlers
