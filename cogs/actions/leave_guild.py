"""Leaving a guild that the operator did not allow, with a sentence to whoever is there."""

import logging
from collections.abc import Awaitable, Callable, Iterator

import discord

from cogs.actions.context import BotContext
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.i18n.catalogue import translate
from cogs.messages.targets import NO_MENTIONS
from storage import StoreError

log = logging.getLogger(__name__)

REQUEST_TIMEOUT = 30.0  # seconds for one request


async def leave_guild(context: BotContext, guild: discord.Guild) -> bool:
    """Say why in one message, then leave; whether the bot has left. Raises nothing of Discord's."""
    told = await _say_why(context, guild)
    try:
        async with discord_request(REQUEST_TIMEOUT, Priority.COURTESY):
            await guild.leave()
    except DISCORD_ERRORS as err:
        log.error("guild %s is not in ALLOWED_GUILDS, and cannot be left: %r", guild.id, err)
        return False
    log.info("guild %s is not in ALLOWED_GUILDS: left, %s", guild.id, "told why" if told else "nobody told")
    return True


async def _say_why(context: BotContext, guild: discord.Guild) -> bool:
    """Send the sentence to the first place that takes it: a channel, else the owner; whether one did.

    Who invited the bot stands in the audit log, which it may not read: the channel reaches them best.
    """
    text = translate(await _locale_at(context, guild), "guild_not_allowed", guild=guild.id)
    channel = next(_channels(guild), None)
    return (channel is not None and await _sends(guild, text, lambda: _as_messageable(channel))) or (
        guild.owner_id is not None and await _sends(guild, text, lambda: _dm(context, guild.owner_id or 0))
    )


def _channels(guild: discord.Guild) -> Iterator[discord.TextChannel]:
    """The channels where the bot may write: that for Discord's own messages first, then in order."""
    for channel in (guild.system_channel, *guild.text_channels):
        if channel is not None:
            rights = channel.permissions_for(guild.me)
            if rights.view_channel and rights.send_messages:
                yield channel


async def _as_messageable(channel: discord.TextChannel) -> discord.abc.Messageable:
    return channel


async def _dm(context: BotContext, user_id: int) -> discord.abc.Messageable:
    return await context.client.create_dm(discord.Object(user_id))


async def _sends(
    guild: discord.Guild, text: str, target: Callable[[], Awaitable[discord.abc.Messageable]]
) -> bool:
    try:
        async with discord_request(REQUEST_TIMEOUT, Priority.COURTESY):
            await (await target()).send(text, allowed_mentions=NO_MENTIONS)
    except DISCORD_ERRORS as err:
        log.info("guild %s: why it is left cannot be said: %r", guild.id, err)
        return False
    return True


async def _locale_at(context: BotContext, guild: discord.Guild) -> str:
    """The language of the guild's owner where the bot knows it, else the guild's."""
    try:
        known = await context.store.locale_of(guild.owner_id or 0)
    except StoreError as err:
        log.error("guild %s: the language of its owner is not known: %s", guild.id, err)
        known = None
    return known or str(guild.preferred_locale)
