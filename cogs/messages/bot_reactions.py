"""The bot's own reactions under messages: nice to have, never in anybody's way."""

import asyncio
import logging
import re
from collections import defaultdict

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from storage import Job, Store

log = logging.getLogger(__name__)

REROLL = "🔁"
HOURGLASS = "⏳"
REROLL_KEY = re.compile(r"reroll (\d+) ")  # the key of such a job names the message
REACTION_TIMEOUT = 60.0  # seconds for one request


class BotReactions:
    """One at a time in each channel: Discord takes four a second, and forgives no two at once."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._turns = defaultdict[int, asyncio.Lock](asyncio.Lock)

    async def add(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Put it there; where the bot may not react nothing is lost, people's own work all the same."""
        try:
            async with self._turns[channel_id], asyncio.timeout(REACTION_TIMEOUT):
                await self._message(channel_id, message_id).add_reaction(emoji)
        except DISCORD_ERRORS as err:
            log.info("cannot put %s under message %s: %s", emoji, message_id, err)

    async def remove(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Take the bot's own away."""
        me = self._client.user
        if me is None:
            return
        try:
            async with self._turns[channel_id], asyncio.timeout(REACTION_TIMEOUT):
                await self._message(channel_id, message_id).remove_reaction(emoji, me)
        except DISCORD_ERRORS as err:
            log.info("cannot take %s from message %s: %s", emoji, message_id, err)

    def _message(self, channel_id: int, message_id: int) -> discord.PartialMessage:
        return self._client.get_partial_messageable(channel_id).get_partial_message(message_id)


class PendingReaction:
    """Turned when a reroll is admitted, taken away after the last word of the last one that waits."""

    def __init__(self, bot_reactions: BotReactions, store: Store) -> None:
        self._bot_reactions = bot_reactions
        self._store = store

    async def add(self, channel_id: int, message_id: int) -> None:
        """Put it under a message."""
        await self._bot_reactions.add(channel_id, message_id, HOURGLASS)

    async def remove_after(self, job: Job) -> None:
        """This job is over: so is the waiting, unless it is not the last one. Raises StoreError."""
        asked = REROLL_KEY.match(job.key)
        if asked and not await self._store.has_unfinished_reroll(int(asked[1])):
            await self._bot_reactions.remove(job.channel_id, int(asked[1]), HOURGLASS)
