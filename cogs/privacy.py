"""/privacy: what is kept about somebody and for how long; all of it to take along, or to take back."""

import time
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import BotContext
from cogs.actions.export import collect, pack
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from jobs.requester import Requester
from storage import Retention, StoredData

DAY = 86400.0  # seconds
EXPORT, FORGET, FORGET_NOW = "export", "forget", "forgetnow"
ME = "me"  # whoever presses: others never see the card


class Privacy(InteractiveCog):
    """Everybody for themselves; nobody can ask about others."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(
            buttons={EXPORT: self._export, FORGET: self._ask_back, FORGET_NOW: self._forget}
        )

    @app_commands.command(description=command_text("command_privacy"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def privacy(self, interaction: discord.Interaction) -> None:
        """No options: it is about whoever asks."""
        async with self._context.answering(interaction) as requester:
            since = time.time() - self._context.retention.pictures * DAY
            mine = await self._context.store.stored_data(requester.user_id, pictures_since=since)
            await send_card(interaction, render_privacy(requester.locale, self._context.retention, mine))

    async def _export(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = 0
        async for document in collect(self._context.store, requester.user_id):
            number += 1
            text = translate(requester.locale, "privacy_exported")
            await interaction.followup.send(text, file=await pack(document, number), ephemeral=True)

    async def _ask_back(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await send_card(interaction, render_question(requester.locale, self._context.retention))

    async def _forget(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await self._context.store.mark_all_for_deletion(requester.user_id)
        self._context.notifier.notify()
        await replace_card(
            interaction, build_card(PLAIN, ui.TextDisplay(translate(requester.locale, "forget_begun")))
        )


def render_privacy(locale: str, retention: Retention, mine: StoredData) -> ui.LayoutView:
    """What is kept, how long, where it goes; and how much of it is this person's."""
    kept = [
        translate(locale, "privacy_rows", days=f"{retention.rows:g}"),
        translate(locale, "privacy_pictures", days=f"{retention.pictures:g}"),
        translate(locale, "privacy_clips", days=f"{retention.clips:g}"),
        translate(locale, "privacy_account"),
        *_backups(locale, retention),
    ]
    counts = translate(locale, "privacy_mine", jobs=mine.jobs, pictures=mine.pictures, clips=mine.clips)
    return build_card(
        PLAIN,
        ui.TextDisplay("\n".join([translate(locale, "privacy_title"), *(f"- {line}" for line in kept)])),
        ui.Separator(),
        ui.TextDisplay(translate(locale, "privacy_where")),
        ui.Separator(),
        ui.TextDisplay(counts),
        ui.ActionRow[Any](
            PersistentButton(EXPORT, ME, label=translate(locale, "button_export"), emoji="📦"),
            PersistentButton(
                FORGET,
                ME,
                label=translate(locale, "button_forget"),
                emoji="🗑️",
                style=discord.ButtonStyle.danger,
            ),
        ),
    )


def render_question(locale: str, retention: Retention) -> ui.LayoutView:
    """What goes and what stays, before it is too late."""
    label = translate(locale, "button_forgetnow")
    danger = PersistentButton(FORGET_NOW, ME, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    stays = [
        translate(locale, "forget_stays_account"),
        translate(locale, "forget_stays_sent"),
        *_backups(locale, retention),
    ]
    text = "\n".join([translate(locale, "forget_ask"), *(f"- {line}" for line in stays)])
    return build_card(PLAIN, ui.TextDisplay(text), ui.ActionRow[Any](danger))


def _backups(locale: str, retention: Retention) -> list[str]:
    """A line, unless the owner keeps none."""
    return [translate(locale, "privacy_backups", number=retention.backups)] if retention.backups else []
