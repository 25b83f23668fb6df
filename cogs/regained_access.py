"""Guilds and channels that the bot has access to again: final statuses it could not show there are shown."""

import logging
import time

import discord
from discord.abc import GuildChannel
from discord.ext import commands

from cogs.actions.context import BotContext
from storage import Job, StoreError

log = logging.getLogger(__name__)

MAX_AGE = 7 * 86400.0  # seconds since a job's end: nobody scrolls back further


class RegainedAccess(commands.Cog):
    """Shows what the jobs of a guild ended with when the bot can edit their statuses again.

    That may be when it is invited again, is added to a private thread, or gets a permission back. Only
    channels that it can see by what the gateway has told it are tried.
    """

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot is invited, perhaps again."""
        await self._show_ends(guild)

    @commands.Cog.listener()
    async def on_thread_join(self, thread: discord.Thread) -> None:
        """The bot is in a thread, perhaps added again."""
        await self._show_ends(thread.guild, thread.id)

    @commands.Cog.listener()
    async def on_thread_update(self, _before: discord.Thread, after: discord.Thread) -> None:
        """A thread has changed: perhaps it is open again."""
        await self._show_ends(after.guild, after.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, _before: GuildChannel, after: GuildChannel) -> None:
        """A channel has changed: perhaps the bot sees it again, be it by a role."""
        await self._show_ends(after.guild, after.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """A new session: whatever happened before it was not told."""
        for guild in self._context.client.guilds:
            await self._show_ends(guild)

    async def _show_ends(self, guild: discord.Guild, channel_id: int | None = None) -> None:
        """Show the ends of a guild's jobs, or of one channel's, where the bot sees the channel."""
        try:
            jobs = await self._context.store.unshown_ends(guild.id, since=time.time() - MAX_AGE)
        except StoreError as err:
            log.error("guild %s: what could not be shown is not known: %s", guild.id, err)
            return
        for job in jobs:
            if channel_id in {None, job.channel_id} and _sees_channel(guild, job):
                self._context.messages.announcer.ended(job)


def _sees_channel(guild: discord.Guild, job: Job) -> bool:
    channel = guild.get_channel_or_thread(job.channel_id)
    return channel is not None and channel.permissions_for(guild.me).view_channel
