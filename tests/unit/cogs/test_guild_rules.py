"""/rules: its card in each language, and the settings of a guild."""

import discord
import pytest
from syrupy.assertion import SnapshotAssertion

from cogs.guild_rules import check_report_channel, render_guild_settings
from cogs.i18n.catalogue import translate
from jobs.errors import Refusal
from playground.discord.permissions import Permission
from storage import GuildSettings
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline

CARDS = {
    "rules": lambda locale: render_guild_settings(
        locale, GuildSettings(report_channel=5, pictures_of_others=True)
    ),
    "rules by default": lambda locale: render_guild_settings(locale, GuildSettings()),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot


async def test_managers_change_what_is_given_and_take_the_report_channel_back(bot: BotSetup) -> None:
    playground, store = bot.playground, bot.context.store
    boss = playground.member("boss", permissions=Permission.MANAGE_GUILD)
    channel = playground.channel_named("reports")
    options = {"report_channel": channel, "pictures_of_others": True}
    card = await (await boss.command("rules", **options)).shows(f"<#{channel.id}>")
    settings = await store.guild_settings(playground.guild.id)
    assert settings == GuildSettings(report_channel=channel.id, pictures_of_others=True)
    await (await boss.press(card, "noreports:guild")).shows(translate("en-US", "rules_no_reports"))
    assert await store.guild_settings(playground.guild.id) == GuildSettings(pictures_of_others=True)
    playground.forbid(Permission.SEND_MESSAGES, channel)
    refused = await (await boss.command("rules", report_channel=channel)).refused()
    assert translate("en-US", "permission_send_messages") in refused
    assert await store.guild_settings(playground.guild.id) == GuildSettings(pictures_of_others=True)


async def test_a_channel_for_reports_must_let_the_bot_write(bot: BotSetup) -> None:
    channel = bot.context.client.get_channel(bot.playground.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await check_report_channel(channel)
    bot.playground.forbid(Permission.VIEW_CHANNEL)
    with pytest.raises(Refusal) as refusal:
        await check_report_channel(channel)
    assert refusal.value.values["permissions"] == "view_channel send_messages"
