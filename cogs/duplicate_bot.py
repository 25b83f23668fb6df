"""Detects a second process with the same token: Discord allows it, and people would get every clip twice."""

import logging
import re

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from cogs.messages.targets import job_of_nonce
from storage import StoreError

log = logging.getLogger(__name__)

JOB_NONCE = re.compile("[a-z][0-9a-f]{24}")  # of build_nonce: discord.py gives other messages a number


class DuplicateBot(commands.Cog):
    """Logs a critical error when a message by this bot's user carries the nonce of an unknown job."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Look up the job in a message's nonce: its row is written before its messages are sent."""
        if message.author != self._context.client.user or not JOB_NONCE.fullmatch(str(message.nonce)):
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
