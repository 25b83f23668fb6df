"""/help: how to get good clips, topic by topic."""

from enum import StrEnum
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import Desk
from cogs.i18n.catalogue import say, spoken
from cogs.interaction_router import Answering, Handlers
from cogs.messages.card_replies import show_card, turn_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import Menu
from jobs.errors import Refusal


class Topic(StrEnum):
    """What there is to read about."""

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


class Help(Answering):
    """One card, whose menu turns its pages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers = Handlers(menus={"help": self._turn})

    @app_commands.command(description=spoken("command_help"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def help(self, interaction: discord.Interaction) -> None:
        """It opens with the first steps."""
        async with self._desk.serving(interaction) as locale:
            await show_card(interaction, render_help(locale, Topic.START))

    async def _turn(
        self, interaction: discord.Interaction, about: str, locale: str, values: list[str]
    ) -> None:
        try:
            topic = Topic(values[0])
        except ValueError as err:
            raise Refusal("outdated") from err
        await turn_card(interaction, render_help(locale, topic))


def render_help(locale: str, topic: Topic) -> ui.LayoutView:
    """One page, and the menu to the others."""
    options = [
        discord.SelectOption(
            label=say(locale, f"topic_{each.value}"), value=each, emoji=EMOJI[each], default=each is topic
        )
        for each in Topic
    ]
    title = f"## {EMOJI[topic]} {say(locale, f'topic_{topic.value}')}"
    return build_card(
        PLAIN,
        ui.TextDisplay(f"{title}\n{say(locale, f'help_{topic.value}')}"),
        ui.ActionRow[Any](Menu("help", "topic", placeholder=say(locale, "help_more"), options=options)),
    )
