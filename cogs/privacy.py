"""/privacy: what is kept about somebody and for how long; all of it to take along, or to take back."""

import time
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import Desk
from cogs.actions.export import collect, pack
from cogs.i18n.catalogue import say, spoken
from cogs.interaction_router import Answering, Handlers
from cogs.messages.card_replies import show_card, turn_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import Button
from storage import Holdings, Retention

DAY = 86400.0  # seconds
EXPORT, FORGET, FORGET_NOW = "export", "forget", "forgetnow"
ME = "me"  # whoever presses: others never see the card


class Privacy(Answering):
    """Everybody for themselves; nobody can ask about others."""

    def __init__(self, desk: Desk, retention: Retention) -> None:
        self._desk = desk
        self._retention = retention
        self.handlers = Handlers(
            buttons={EXPORT: self._export, FORGET: self._ask_back, FORGET_NOW: self._forget}
        )

    @app_commands.command(description=spoken("command_privacy"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def privacy(self, interaction: discord.Interaction) -> None:
        """No options: it is about whoever asks."""
        async with self._desk.serving(interaction) as locale:
            since = time.time() - self._retention.pictures * DAY
            mine = await self._desk.store.holdings(interaction.user.id, pictures_since=since)
            await show_card(interaction, render_privacy(locale, self._retention, mine))

    async def _export(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = 0
        async for document in collect(self._desk.store, interaction.user.id):
            number += 1
            text = say(locale, "privacy_exported")
            await interaction.followup.send(text, file=await pack(document, number), ephemeral=True)

    async def _ask_back(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await show_card(interaction, render_question(locale, self._retention))

    async def _forget(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        await self._desk.store.discard_all(interaction.user.id)
        self._desk.bell.ring()
        await turn_card(interaction, build_card(PLAIN, ui.TextDisplay(say(locale, "forget_begun"))))


def render_privacy(locale: str, retention: Retention, mine: Holdings) -> ui.LayoutView:
    """What is kept, how long, where it goes; and how much of it is this person's."""
    kept = [
        say(locale, "privacy_rows", days=f"{retention.rows:g}"),
        say(locale, "privacy_pictures", days=f"{retention.pictures:g}"),
        say(locale, "privacy_clips", days=f"{retention.clips:g}"),
        say(locale, "privacy_account"),
        *_backups(locale, retention),
    ]
    counts = say(locale, "privacy_mine", jobs=mine.jobs, pictures=mine.pictures, clips=mine.clips)
    return build_card(
        PLAIN,
        ui.TextDisplay("\n".join([say(locale, "privacy_title"), *(f"- {line}" for line in kept)])),
        ui.Separator(),
        ui.TextDisplay(say(locale, "privacy_where")),
        ui.Separator(),
        ui.TextDisplay(counts),
        ui.ActionRow[Any](
            Button(EXPORT, ME, label=say(locale, "button_export"), emoji="📦"),
            Button(
                FORGET, ME, label=say(locale, "button_forget"), emoji="🗑️", style=discord.ButtonStyle.danger
            ),
        ),
    )


def render_question(locale: str, retention: Retention) -> ui.LayoutView:
    """What goes and what stays, before it is too late."""
    label = say(locale, "button_forgetnow")
    danger = Button(FORGET_NOW, ME, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    stays = [
        say(locale, "forget_stays_account"),
        say(locale, "forget_stays_sent"),
        *_backups(locale, retention),
    ]
    text = "\n".join([say(locale, "forget_ask"), *(f"- {line}" for line in stays)])
    return build_card(PLAIN, ui.TextDisplay(text), ui.ActionRow[Any](danger))


def _backups(locale: str, retention: Retention) -> list[str]:
    """A line, unless the owner keeps none."""
    return [say(locale, "privacy_backups", number=retention.backups)] if retention.backups else []
