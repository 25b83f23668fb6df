"""Guilds that the bot joins and is removed from: who may have it, and what becomes of a guild's jobs."""

import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.actions.leave_guild import leave_guild
from storage import Reason, State, StoreError

log = logging.getLogger(__name__)


class GuildMembership(commands.Cog):
    """Leaves what it is added to without leave of the operator; cancels the jobs of a guild at its removal.

    Both at each new session too, for what happened meanwhile. A guild that the bot is in when it is taken
    out of `ALLOWED_GUILDS` is not left: its requests are refused. For a guild that is unavailable nothing
    is done: discord.py keeps it, and fires another event.
    """

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Leave a guild that is not allowed; of another, record that the bot is in it."""
        if not await self._left_again([guild]):
            try:
                await self._context.store.guild_joined(guild.id)
            except StoreError as err:
                log.error("guild %s: that the bot is in it is not recorded: %s", guild.id, err)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Cancel the guild's jobs: the bot was removed, or the guild was deleted."""
        try:
            await self._context.store.guild_left(guild.id)
        except StoreError as err:
            log.error("guild %s: that the bot has left it is not recorded: %s", guild.id, err)
        await self._cancel([guild.id])

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Do the same for the guilds that the bot joined and was removed from while it was away."""
        guilds, store = {each.id: each for each in self._context.client.guilds}, self._context.store
        try:
            joined = await store.unrecorded_guilds(guilds)
            refused = await self._left_again([guilds[each] for each in joined])
            await store.record_guilds(guilds.keys() - refused)
            guild_ids = await store.guilds_of_unfinished()
        except StoreError as err:
            log.error("whether the bot has joined or left a guild is not known: %s", err)
            return
        await self._cancel([each for each in guild_ids if self._context.client.get_guild(each) is None])

    async def _left_again(self, joined: Collection[discord.Guild]) -> set[int]:
        """Leave those of these guilds that are not allowed; the ids of all that are not."""
        allowed = self._context.policy.guilds
        refused = [each for each in joined if allowed and each.id not in allowed]
        for guild in refused:
            await leave_guild(self._context, guild)
        return {each.id for each in refused}

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
