"""🔁 reactions for which no gateway event came: while the bot was away, or after a lost session."""

import asyncio
import logging
import time

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.actions.reroll import FollowUps
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.bot_reactions import REROLL
from jobs.errors import Refusal
from storage import Job, StoreError

log = logging.getLogger(__name__)

MAX_RESULTS = 50  # the newest that are looked at: a request for each
MAX_AGE = 24 * 3600.0  # seconds
RESULT_TIMEOUT = 60.0  # seconds for one result


class MissedReactions(commands.Cog):
    """Reads the reactions of the newest results after each new session; a resumed one has missed none."""

    def __init__(self, context: BotContext, follow_ups: FollowUps) -> None:
        self._context = context
        self._follow_ups = follow_ups
        self._ready = asyncio.Event()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Start a pass: a new session began, and the guilds are known."""
        self._ready.set()

    async def run(self) -> None:
        """Make a pass after each new session, until cancelled."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            try:
                for job in await self._context.store.results(MAX_RESULTS):
                    if job.params.seed is not None and time.time() - (job.finished_at or 0) < MAX_AGE:
                        await self._look_under(job)
            except StoreError as err:
                log.error("reactions that were missed stay so: %s", err)

    async def _look_under(self, job: Job) -> None:
        """Reroll for each person who reacted with 🔁 to this result; add the bot's own if it is missing."""
        channel = self._context.client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        try:
            async with asyncio.timeout(RESULT_TIMEOUT):
                message = await channel.fetch_message(job.result_message or 0)
                if not any(reaction.me and str(reaction.emoji) == REROLL for reaction in message.reactions):
                    # Whoever sent the result may have died before.
                    await self._context.messages.bot_reactions.add(job.channel_id, message.id, REROLL)
                for reaction in message.reactions:
                    if str(reaction.emoji) == REROLL and reaction.count > reaction.me:
                        async for user in reaction.users():
                            await self._reroll_once(job, user)
        except DISCORD_ERRORS as err:
            log.info("job %s: cannot look for reactions under its result: %s", job.id, err)

    async def _reroll_once(self, job: Job, user: discord.User | discord.Member) -> None:
        """Reroll unless this person has before: a later 🔁 of theirs may have been handled already."""
        guild = self._context.client.get_guild(job.guild_id)
        if user.bot or guild is None or await self._context.store.has_rerolled(job.id, user.id):
            return
        try:
            member = await guild.fetch_member(user.id)
            requester = await self._context.reaction_requester(
                member, job.channel_id, job.result_message or 0
            )
            await self._follow_ups.reroll(requester, job)
        except discord.NotFound:
            log.info("job %s: who reacted has left", job.id)
        except Refusal as refusal:
            log.info("job %s: a missed reroll is refused: %s", job.id, refusal.code)
