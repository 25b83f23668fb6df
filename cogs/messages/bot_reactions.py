"""The bot's own reactions under messages: nice to have, never in anybody's way."""

import asyncio
import logging
from collections import defaultdict

import discord

from cogs.messages.delivery_policy import REFUSED

log = logging.getLogger(__name__)

REROLL = "🔁"
HOURGLASS = "⏳"
PATIENCE = 60.0  # seconds for one request


class Marks:
    """One at a time in each channel: Discord takes four a second, and forgives no two at once."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._turns = defaultdict[int, asyncio.Lock](asyncio.Lock)

    async def put(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Put it there; where the bot may not react nothing is lost, people's own work all the same."""
        try:
            async with self._turns[channel_id], asyncio.timeout(PATIENCE):
                await self._message(channel_id, message_id).add_reaction(emoji)
        except REFUSED as err:
            log.info("cannot put %s under message %s: %s", emoji, message_id, err)

    async def take_away(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Take the bot's own away."""
        me = self._client.user
        if me is None:
            return
        try:
            async with self._turns[channel_id], asyncio.timeout(PATIENCE):
                await self._message(channel_id, message_id).remove_reaction(emoji, me)
        except REFUSED as err:
            log.info("cannot take %s from message %s: %s", emoji, message_id, err)

    def _message(self, channel_id: int, message_id: int) -> discord.PartialMessage:
        return self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
