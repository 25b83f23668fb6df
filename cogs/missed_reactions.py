"""Reactions that nobody told us of: while the bot was away, or where Discord forgot its session."""

import asyncio
import logging
import time

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.actions.reroll import FollowUps
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.bot_reactions import REROLL, BotReactions
from jobs.errors import Refusal
from storage import Job, StoreError

log = logging.getLogger(__name__)

RESULTS = 50  # the newest that are looked at: a request for each
AGE = 24 * 3600.0  # seconds
PATIENCE = 60.0  # seconds for one result


class MissedReactions(commands.Cog):
    """Looks under the newest results whenever a new session began; a resumed one has missed nothing."""

    def __init__(
        self, client: commands.Bot, context: BotContext, follow_ups: FollowUps, bot_reactions: BotReactions
    ) -> None:
        self._client = client
        self._context = context
        self._follow_ups = follow_ups
        self._bot_reactions = bot_reactions
        self._ready = asyncio.Event()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Discord has begun a session and told us of the guilds."""
        self._ready.set()

    async def run(self) -> None:
        """Work for ever; cancel it to stop."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            try:
                for job in await self._context.store.results(RESULTS):
                    if time.time() - (job.finished_at or 0) < AGE:
                        await self._look_under(job)
            except StoreError as err:
                log.error("reactions that were missed stay so: %s", err)

    async def _look_under(self, job: Job) -> None:
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        try:
            async with asyncio.timeout(PATIENCE):
                message = await channel.fetch_message(job.result_message or 0)
                if not any(reaction.me and str(reaction.emoji) == REROLL for reaction in message.reactions):
                    await self._bot_reactions.add(
                        job.channel_id, message.id, REROLL
                    )  # its sender may have died before
                for reaction in message.reactions:
                    if str(reaction.emoji) == REROLL and reaction.count > reaction.me:
                        async for user in reaction.users():
                            await self._consider(job, user)
        except DISCORD_ERRORS as err:
            log.info("job %s: cannot look for reactions under its result: %s", job.id, err)

    async def _consider(self, job: Job, user: discord.User | discord.Member) -> None:
        """Only a first reroll of each person: of later ones nobody could say whether they were seen."""
        guild = self._client.get_guild(job.guild_id)
        if user.bot or guild is None or await self._context.store.has_rerolled(job.id, user.id):
            return
        try:
            member = await guild.fetch_member(user.id)
            click = await self._follow_ups.requester_of(member, job.channel_id, job.result_message or 0)
            await self._follow_ups.reroll(click, job)
        except discord.NotFound:
            log.info("job %s: who reacted has left", job.id)
        except Refusal as refusal:
            log.info("job %s: a missed reroll is refused: %s", job.id, refusal.code)
