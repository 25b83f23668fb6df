"""The bot's own reactions to messages. Where Discord does not take one, it is logged and left out."""

import asyncio
import logging
import re
from collections import defaultdict

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.requests import discord_request
from storage import Job, Store

log = logging.getLogger(__name__)

REROLL = "🔁"
PENDING = "⏳"
REROLL_KEY = re.compile(r"reroll (\d+) ")  # the key of a reroll contains the message it was asked under
REACTION_TIMEOUT = 60.0  # seconds for one request


class BotReactions:
    """Adds and removes reactions, one at a time in each channel because of Discord's rate limit."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._locks = defaultdict[int, asyncio.Lock](asyncio.Lock)

    async def add(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Add a reaction. Raises nothing of Discord's."""
        try:
            async with self._locks[channel_id], discord_request(REACTION_TIMEOUT):
                await self._message(channel_id, message_id).add_reaction(emoji)
        except DISCORD_ERRORS as err:
            log.info("cannot put %s under message %s: %s", emoji, message_id, err)

    async def remove(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Remove the bot's own reaction. Raises nothing of Discord's."""
        me = self._client.user
        if me is None:
            return
        try:
            async with self._locks[channel_id], discord_request(REACTION_TIMEOUT):
                await self._message(channel_id, message_id).remove_reaction(emoji, me)
        except DISCORD_ERRORS as err:
            log.info("cannot take %s from message %s: %s", emoji, message_id, err)

    def _message(self, channel_id: int, message_id: int) -> discord.PartialMessage:
        return self._client.get_partial_messageable(channel_id).get_partial_message(message_id)


class PendingReaction:
    """Adds ⏳ to a result when a reroll is queued; removes it when that message has no unfinished reroll."""

    def __init__(self, bot_reactions: BotReactions, store: Store) -> None:
        self._bot_reactions = bot_reactions
        self._store = store

    async def add(self, channel_id: int, message_id: int) -> None:
        """Add ⏳ to a message."""
        await self._bot_reactions.add(channel_id, message_id, PENDING)

    async def remove_after(self, job: Job) -> None:
        """Remove ⏳ after the end of a job, if it was the last unfinished reroll. Raises StoreError."""
        reroll = REROLL_KEY.match(job.key)
        if reroll and not await self._store.has_unfinished_reroll(int(reroll[1])):
            await self._bot_reactions.remove(job.channel_id, int(reroll[1]), PENDING)
