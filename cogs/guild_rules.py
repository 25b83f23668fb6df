"""/rules: the settings of a guild, for those who manage it."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import GuildSettings

NO_REPORTS = "noreports"
REPORT_PERMISSIONS = ("view_channel", "send_messages")


class GuildRules(InteractiveCog):
    """`/rules`: shows the guild's settings, after changing those that are given as options."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(buttons={NO_REPORTS: self._stop_reports})

    @app_commands.command(description=command_text("command_rules"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(
        report_channel=command_text("option_report_channel"),
        pictures_of_others=command_text("option_pictures_of_others"),
    )
    async def rules(
        self,
        interaction: discord.Interaction,
        report_channel: discord.TextChannel | None = None,
        pictures_of_others: bool | None = None,
    ) -> None:
        """Change what is given, and show the settings."""

        async def handle(requester: Requester) -> None:
            before = guild_settings = await self._read_guild_settings(requester)
            if report_channel:
                await check_report_channel(report_channel)
                guild_settings = replace(guild_settings, report_channel=report_channel.id)
            if pictures_of_others is not None:
                guild_settings = replace(guild_settings, pictures_of_others=pictures_of_others)
            if guild_settings != before:
                await self._context.store.set_guild_settings(requester.guild_id, guild_settings)
            await send_card(interaction, render_guild_settings(requester.locale, guild_settings))

        await self._context.answer(interaction, handle)

    async def _stop_reports(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        guild_settings = replace(await self._read_guild_settings(requester), report_channel=None)
        await self._context.store.set_guild_settings(requester.guild_id, guild_settings)
        await replace_card(interaction, render_guild_settings(requester.locale, guild_settings))

    async def _read_guild_settings(self, requester: Requester) -> GuildSettings:
        """The guild's settings, if the requester may change them. Raises Refusal, StoreError."""
        await self._context.require(requester, Action.CHANGE_RULES)
        return await self._context.store.guild_settings(requester.guild_id)


async def check_report_channel(channel: discord.TextChannel) -> None:
    """Raise a Refusal that names the permissions the bot lacks to post reports in a channel.

    Asks Discord, since the cache may be outdated for channels that the bot cannot see.
    """
    try:
        now = await channel.guild.fetch_channel(channel.id)
        mine = now.permissions_for(channel.guild.me)
    except discord.Forbidden:
        mine = discord.Permissions.none()
    missing = [each for each in REPORT_PERMISSIONS if not getattr(mine, each)]
    if missing:
        raise Refusal("missing_permissions_there", channel=channel.mention, permissions=" ".join(missing))


def render_guild_settings(locale: str, guild_settings: GuildSettings) -> ui.LayoutView:
    """The card of a guild's settings, with a button to unset the report channel, which no option can do."""
    channel = guild_settings.report_channel
    reports = (
        translate(locale, "rules_reports", channel=f"<#{channel}>")
        if channel
        else translate(locale, "rules_no_reports")
    )
    pictures = translate(
        locale, "rules_pictures_of_all" if guild_settings.pictures_of_others else "rules_pictures_own"
    )
    text = ui.TextDisplay["ui.LayoutView"](f"{translate(locale, 'rules_title')}\n- {reports}\n- {pictures}")
    if not channel:
        return build_card(DEFAULT_COLOUR, text)
    return build_card(
        DEFAULT_COLOUR,
        text,
        ui.ActionRow[Any](
            PersistentButton(NO_REPORTS, "guild", label=translate(locale, "button_noreports"), emoji="🔕")
        ),
    )
