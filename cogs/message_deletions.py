"""Status messages that somebody deletes: nobody waits for these jobs any more."""

import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from storage import StoreError

log = logging.getLogger(__name__)


class MessageDeletions(commands.Cog):
    """Listens to raw deletions, so that messages of any age count. Those missed are seen at the next edit."""

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """By its author, a moderator, or the person who asked."""
        await self._deleted([payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """By a moderator's bot."""
        await self._deleted(payload.message_ids)

    async def _deleted(self, message_ids: Collection[int]) -> None:
        try:
            for message_id in message_ids:
                job = await self._context.store.by_status(message_id)
                if job:
                    await self._context.lost_status.deleted(job)
        except StoreError as err:
            log.error("a deleted status is noticed at its next edit: %s", err)
