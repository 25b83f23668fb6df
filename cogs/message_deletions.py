"""Deleted status messages: their jobs are cancelled, or delivered all the same (setting ON_DELETE)."""

import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from cogs.actions.context import BotContext
from storage import State, StoreError

log = logging.getLogger(__name__)


class MessageDeletions(commands.Cog):
    """Handles raw deletions, which come for messages of any age.

    A deletion while the bot is away is noticed at the next edit.
    """

    def __init__(self, context: BotContext) -> None:
        self._context = context

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Handle one deleted message."""
        await self._deleted([payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Handle messages that were deleted together, as moderators' bots do."""
        await self._deleted(payload.message_ids)

    async def _deleted(self, message_ids: Collection[int]) -> None:
        try:
            for message_id in message_ids:
                job = await self._context.store.by_status(message_id)
                cancelled = await self._context.messages.lost_status.deleted(job) if job else None
                if cancelled and cancelled.state is State.CANCELLED:
                    self._context.messages.announcer.ended(cancelled)
        except StoreError as err:
            log.error("a deleted status is noticed at its next edit: %s", err)
