"""/rules: what the managers of a guild allow."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui

from cogs.access.policy import Action
from cogs.actions.context import Desk
from cogs.i18n.catalogue import say, spoken
from cogs.interaction_router import Answering, Handlers
from cogs.messages.card_replies import show_card, turn_card
from cogs.ui.cards import PLAIN, build_card
from cogs.ui.components import Button
from jobs.errors import Refusal
from storage import Rules

NO_REPORTS = "noreports"
TO_REPORT = ("view_channel", "send_messages")


class GuildRules(Answering):
    """Shown without options, changed by those that are given."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers = Handlers(buttons={NO_REPORTS: self._stop_reports})

    @app_commands.command(description=spoken("command_rules"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(
        report_channel=spoken("option_report_channel"), pictures_of_others=spoken("option_pictures_of_others")
    )
    async def rules(
        self,
        interaction: discord.Interaction,
        report_channel: discord.TextChannel | None = None,
        pictures_of_others: bool | None = None,
    ) -> None:
        """The options of the command."""
        async with self._desk.serving(interaction) as locale:
            before = rules = await self._rules(interaction)
            if report_channel:
                await check_report_channel(report_channel)
                rules = replace(rules, report_channel=report_channel.id)
            if pictures_of_others is not None:
                rules = replace(rules, pictures_of_others=pictures_of_others)
            if rules != before:
                await self._desk.store.set_rules(interaction.guild_id or 0, rules)
            await show_card(interaction, render_rules(locale, rules))

    async def _stop_reports(self, interaction: discord.Interaction, about: str, locale: str) -> None:
        rules = replace(await self._rules(interaction), report_channel=None)
        await self._desk.store.set_rules(interaction.guild_id or 0, rules)
        await turn_card(interaction, render_rules(locale, rules))

    async def _rules(self, interaction: discord.Interaction) -> Rules:
        """As they stand, for whoever may change them. Raises Refusal, StoreError."""
        self._desk.allow(interaction, Action.CHANGE_RULES)
        return await self._desk.store.rules(interaction.guild_id or 0)


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


def render_rules(locale: str, rules: Rules) -> ui.LayoutView:
    """The rules in words; with a way to take the report channel back, which no option can."""
    channel = rules.report_channel
    reports = (
        say(locale, "rules_reports", channel=f"<#{channel}>") if channel else say(locale, "rules_no_reports")
    )
    pictures = say(locale, "rules_pictures_of_all" if rules.pictures_of_others else "rules_pictures_own")
    text = ui.TextDisplay["ui.LayoutView"](f"{say(locale, 'rules_title')}\n- {reports}\n- {pictures}")
    if not channel:
        return build_card(PLAIN, text)
    return build_card(
        PLAIN,
        text,
        ui.ActionRow[Any](Button(NO_REPORTS, "guild", label=say(locale, "button_noreports"), emoji="🔕")),
    )
