"""A second bot with the same token: Discord allows it, and people would get every clip twice."""

import logging
import re

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.messages.targets import job_of_nonce
from storage import StoreError

log = logging.getLogger(__name__)

OURS = re.compile("[a-z][0-9a-f]{24}")  # as build_nonce makes them: discord.py gives other messages a number


class DuplicateBot(commands.Cog):
    """Notices messages that were sent in our name and tell of jobs that are not ours."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A job's messages carry a nonce made from its id, whose row was there before them."""
        if message.author != self._context.client.user or not OURS.fullmatch(str(message.nonce)):
            return
        try:
            if await self._context.store.by_short(job_of_nonce(str(message.nonce))) is None:
                log.critical(
                    "Another bot works with this DISCORD_TOKEN: stop one of the two, or reset the token. "
                    "It sent message %s.",
                    message.id,
                )
        except StoreError as err:
            log.error("cannot tell whose message %s is: %s", message.id, err)
