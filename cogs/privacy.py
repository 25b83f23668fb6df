"""/privacy: what is stored about a person and for how long, with its export and its deletion."""

import time
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import BotContext
from cogs.actions.export import collect, pack
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from jobs.requester import Requester
from storage import Retention, StoredData

DAY = 86400.0  # seconds
EXPORT, FORGET, FORGET_NOW = "export", "forget", "forgetnow"
OWN_DATA = "me"  # the argument of the buttons: the data of whoever presses, as the card is ephemeral


class Privacy(InteractiveCog):
    """`/privacy` and its buttons, always about the data of whoever uses them."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(
            buttons={EXPORT: self._export, FORGET: self._confirm_forget, FORGET_NOW: self._forget}
        )

    @app_commands.command(description=command_text("command_privacy"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def privacy(self, interaction: discord.Interaction) -> None:
        """Show what is stored about whoever asks."""

        async def handle(requester: Requester) -> None:
            since = time.time() - self._context.retention.pictures * DAY
            stored = await self._context.store.stored_data(requester.user_id, pictures_since=since)
            await send_card(interaction, render_privacy(requester.locale, self._context.retention, stored))

        await self._context.answer(interaction, handle)

    async def _export(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = 0
        async for document in collect(self._context.store, requester.user_id):
            number += 1
            text = translate(requester.locale, "privacy_exported")
            await interaction.followup.send(text, file=await pack(document, number), ephemeral=True)

    async def _confirm_forget(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        await send_card(interaction, render_forget_question(requester.locale, self._context.retention))

    async def _forget(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await self._context.store.mark_all_for_deletion(requester.user_id)
        self._context.notifier.notify()
        await replace_card(
            interaction,
            build_card(DEFAULT_COLOUR, ui.TextDisplay(translate(requester.locale, "forget_begun"))),
        )


def render_privacy(locale: str, retention: Retention, stored: StoredData) -> ui.LayoutView:
    """The card: what is stored, how long, where it is sent, and how much of it is about this person."""
    kept = [
        translate(locale, "privacy_rows", days=f"{retention.rows:g}", number=retention.rows),
        translate(locale, "privacy_pictures", days=f"{retention.pictures:g}", number=retention.pictures),
        translate(locale, "privacy_clips", days=f"{retention.clips:g}", number=retention.clips),
        translate(locale, "privacy_account"),
        *_backups(locale, retention),
    ]
    counts = translate(locale, "privacy_mine", jobs=stored.jobs, pictures=stored.pictures, clips=stored.clips)
    return build_card(
        DEFAULT_COLOUR,
        ui.TextDisplay("\n".join([translate(locale, "privacy_title"), *(f"- {line}" for line in kept)])),
        ui.Separator(),
        ui.TextDisplay(translate(locale, "privacy_where")),
        ui.Separator(),
        ui.TextDisplay(counts),
        ui.ActionRow[Any](
            PersistentButton(EXPORT, OWN_DATA, label=translate(locale, "button_export"), emoji="📦"),
            PersistentButton(
                FORGET,
                OWN_DATA,
                label=translate(locale, "button_forget"),
                emoji="🗑️",
                style=discord.ButtonStyle.danger,
            ),
        ),
    )


def render_forget_question(locale: str, retention: Retention) -> ui.LayoutView:
    """A card that says what will be deleted and what stays, with a button that confirms it."""
    label = translate(locale, "button_forgetnow")
    danger = PersistentButton(FORGET_NOW, OWN_DATA, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    stays = [
        translate(locale, "forget_stays_account"),
        translate(locale, "forget_stays_sent"),
        *_backups(locale, retention),
    ]
    text = "\n".join([translate(locale, "forget_ask"), *(f"- {line}" for line in stays)])
    return build_card(DEFAULT_COLOUR, ui.TextDisplay(text), ui.ActionRow[Any](danger))


def _backups(locale: str, retention: Retention) -> list[str]:
    """The line about backups, where any are kept."""
    return [translate(locale, "privacy_backups", number=retention.backups)] if retention.backups else []
