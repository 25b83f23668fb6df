"""/help: how to get good clips, topic by topic."""

from enum import StrEnum
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentSelect
from cogs.ui.handlers import Handlers, InteractiveCog
from jobs.errors import Refusal
from jobs.requester import Requester


class Topic(StrEnum):
    """The pages of the help."""

    START = "start"
    PROMPTS = "prompts"
    PEOPLE = "people"
    PRODUCTS = "products"
    ART = "art"
    TEACHING = "teaching"
    SETTINGS = "settings"
    TROUBLE = "trouble"


EMOJI = {
    Topic.START: "🚀",
    Topic.PROMPTS: "✍️",
    Topic.PEOPLE: "🙂",
    Topic.PRODUCTS: "📦",
    Topic.ART: "🎨",
    Topic.TEACHING: "🎓",
    Topic.SETTINGS: "🎛️",
    Topic.TROUBLE: "🩹",
}


class Help(InteractiveCog):
    """`/help`: one card with a select that changes its page."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(selects={"help": self._show_topic})

    @app_commands.command(description=command_text("command_help"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def help(self, interaction: discord.Interaction) -> None:
        """Show the page about the first steps."""

        async def handle(requester: Requester) -> None:
            await send_card(interaction, render_help(requester.locale, Topic.START))

        await self._context.answer(interaction, handle)

    async def _show_topic(
        self, interaction: discord.Interaction, argument: str, requester: Requester, values: list[str]
    ) -> None:
        try:
            topic = Topic(values[0])
        except ValueError as err:
            raise Refusal("outdated") from err
        await replace_card(interaction, render_help(requester.locale, topic))


def render_help(locale: str, topic: Topic) -> ui.LayoutView:
    """The card of one page, with a select of all."""
    options = [
        discord.SelectOption(
            label=translate(locale, f"topic_{each.value}"),
            value=each,
            emoji=EMOJI[each],
            default=each is topic,
        )
        for each in Topic
    ]
    title = f"## {EMOJI[topic]} {translate(locale, f'topic_{topic.value}')}"
    return build_card(
        DEFAULT_COLOUR,
        ui.TextDisplay(f"{title}\n{translate(locale, f'help_{topic.value}')}"),
        ui.ActionRow[Any](
            PersistentSelect("help", "topic", placeholder=translate(locale, "help_more"), options=options)
        ),
    )
