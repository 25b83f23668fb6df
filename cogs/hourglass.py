"""⏳ under a result while another one of it is made: the sign that a reaction was accepted."""

import asyncio
import logging
import re

import discord

from cogs.decisions import REFUSED
from storage import Job, Store

log = logging.getLogger(__name__)

HOURGLASS = "⏳"
PATIENCE = 30.0  # seconds for one request
ASKED_UNDER = re.compile(r"reroll (\d+) ")  # the key of such a job names the message


class Hourglass:
    """Turned when a reroll is admitted, taken away after the last word of the last one that waits."""

    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client = client
        self._store = store

    async def turn(self, channel_id: int, message_id: int) -> None:
        """Put it under a message; where the bot may not react nothing is lost."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._message(channel_id, message_id).add_reaction(HOURGLASS)
        except REFUSED as err:
            log.info("cannot put an hourglass under message %s: %s", message_id, err)

    async def take_away(self, job: Job) -> None:
        """This job is over: so is the waiting, unless it is not the last one. Raises StoreError."""
        asked = ASKED_UNDER.match(job.key)
        me = self._client.user
        if asked is None or me is None or await self._store.waits_for(int(asked[1])):
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._message(job.channel_id, int(asked[1])).remove_reaction(HOURGLASS, me)
        except REFUSED as err:
            log.info("job %s: cannot take its hourglass away: %s", job.id, err)

    def _message(self, channel_id: int, message_id: int) -> discord.PartialMessage:
        return self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
