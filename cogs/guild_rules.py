"""/rules: what the managers of a guild allow."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui

from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import GuildSettings

NO_REPORTS = "noreports"
TO_REPORT = ("view_channel", "send_messages")


class GuildRules(InteractiveCog):
    """Shown without options, changed by those that are given."""

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
        """The options of the command."""
        async with self._context.answering(interaction) as requester:
            before = rules = await self._settings(requester)
            if report_channel:
                await check_report_channel(report_channel)
                rules = replace(rules, report_channel=report_channel.id)
            if pictures_of_others is not None:
                rules = replace(rules, pictures_of_others=pictures_of_others)
            if rules != before:
                await self._context.store.set_guild_settings(requester.guild_id, rules)
            await send_card(interaction, render_rules(requester.locale, rules))

    async def _stop_reports(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        rules = replace(await self._settings(requester), report_channel=None)
        await self._context.store.set_guild_settings(requester.guild_id, rules)
        await replace_card(interaction, render_rules(requester.locale, rules))

    async def _settings(self, requester: Requester) -> GuildSettings:
        """As they stand, for whoever may change them. Raises Refusal, StoreError."""
        self._context.require(requester, Action.CHANGE_RULES)
        return await self._context.store.guild_settings(requester.guild_id)


async def check_report_channel(channel: discord.TextChannel) -> None:
    """Refuse a channel where reports could not be posted, and name what is missing. Raises Refusal.

    Discord is asked: of channels that it may not see the bot may have heard nothing for long.
    """
    try:
        now = await channel.guild.fetch_channel(channel.id)
        mine = now.permissions_for(channel.guild.me)
    except discord.Forbidden:
        mine = discord.Permissions.none()
    missing = [each for each in TO_REPORT if not getattr(mine, each)]
    if missing:
        raise Refusal("missing_permissions_there", channel=channel.mention, permissions=" ".join(missing))


def render_rules(locale: str, rules: GuildSettings) -> ui.LayoutView:
    """The rules in words; with a way to take the report channel back, which no option can."""
    channel = rules.report_channel
    reports = (
        translate(locale, "rules_reports", channel=f"<#{channel}>")
        if channel
        else translate(locale, "rules_no_reports")
    )
    pictures = translate(
        locale, "rules_pictures_of_all" if rules.pictures_of_others else "rules_pictures_own"
    )
    text = ui.TextDisplay["ui.LayoutView"](f"{translate(locale, 'rules_title')}\n- {reports}\n- {pictures}")
    if not channel:
        return build_card(PLAIN, text)
    return build_card(
        PLAIN,
        text,
        ui.ActionRow[Any](
            PersistentButton(NO_REPORTS, "guild", label=translate(locale, "button_noreports"), emoji="🔕")
        ),
    )
