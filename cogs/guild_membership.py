"""Guilds that the bot is removed from: their unfinished jobs are cancelled, what runs is stopped."""

import logging

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from storage import Reason, State, StoreError

log = logging.getLogger(__name__)


class GuildMembership(commands.Cog):
    """Cancels the jobs of a guild at its removal, and at each new session those of guilds left meanwhile.

    A guild that is unavailable is not left: discord.py keeps it, and fires another event.
    """

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Cancel the guild's jobs: the bot was removed, or the guild was deleted."""
        await self._cancel([guild.id])

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Cancel the jobs of guilds that the bot was removed from while it was away."""
        try:
            guild_ids = await self._context.store.guilds_of_unfinished()
        except StoreError as err:
            log.error("whether the bot has left a guild is not known: %s", err)
            return
        await self._cancel([each for each in guild_ids if self._context.client.get_guild(each) is None])

    async def _cancel(self, guild_ids: list[int]) -> None:
        for guild_id in guild_ids:
            try:
                jobs = await self._context.store.cancel_guild(
                    guild_id, mover="guild left", reason=Reason(code="guild_left")
                )
            except StoreError as err:
                log.error(
                    "the jobs of guild %s, which the bot has left, are not cancelled: %s", guild_id, err
                )
                continue
            log.info("guild %s: the bot has left it, %s jobs are cancelled", guild_id, len(jobs))
            for job in jobs:
                if job.state is State.CANCELLED:
                    self._context.messages.announcer.ended(job)
        self._context.notifier.notify()
