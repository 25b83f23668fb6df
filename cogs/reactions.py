"""Reactions to a job's messages of any age: 🔁 reroll, ❌ cancel or delete, ✉️ send by DM, 🚩 report."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import discord
from discord.ext import commands

from cogs.access.policy import Action
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.actions.delete import request_deletion
from cogs.actions.reroll import FollowUps
from cogs.actions.share import Sharing
from cogs.i18n.catalogue import translate
from cogs.messages.bot_reactions import REROLL
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import FINISHED, Job, StoreError

log = logging.getLogger(__name__)

ROW_TIMEOUT = 5.0  # seconds for a result's row to be written after its message was sent
POLL_SECONDS = 1.0  # should a notification be missed
VARIATION_SELECTOR = "\ufe0f"  # U+FE0F: some clients send an emoji with it, some without

ReactionHandler = Callable[[Requester, Job], Awaitable[None]]


class Reactions(commands.Cog):
    """Handles raw reactions. While the bot shuts down they are left to the next start (MissedReactions)."""

    def __init__(self, context: BotContext, follow_ups: FollowUps, sharing: Sharing) -> None:
        self._context = context
        self._follow_ups = follow_ups
        self._sharing = sharing
        self._handlers: Mapping[str, ReactionHandler] = {
            REROLL: self._reroll,
            "❌": self._cancel_or_delete,
            "✉": self._send_copy,
            "🚩": self._report,
        }

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Find the job of the message, and call the handler of the emoji."""
        handler = self._handlers.get(str(payload.emoji).rstrip(VARIATION_SELECTOR))
        if handler is None or payload.guild_id is None or not self._context.in_flight.is_open:
            return
        if payload.member is None or payload.member.bot:
            return
        with self._context.in_flight.track():
            try:
                job = await self._job(payload)
                if job:
                    requester = await self._context.reaction_requester(
                        payload.member, payload.channel_id, payload.message_id
                    )
                    await self._handle(handler, requester, job)
            except StoreError as err:
                log.error("a reaction to message %s is lost: %s", payload.message_id, err)

    async def _job(self, payload: discord.RawReactionActionEvent) -> Job | None:
        """The job of that message; waits for its row where a reaction comes right after the result."""
        job = await self._find(payload.message_id)
        user = self._context.client.user
        if job or not user or payload.message_author_id != user.id:
            return job
        try:
            async with asyncio.timeout(ROW_TIMEOUT):
                while job is None:
                    await self._context.notifier.wait(POLL_SECONDS)
                    job = await self._find(payload.message_id)
        except TimeoutError:
            return None
        return job

    async def _find(self, message_id: int) -> Job | None:
        store = self._context.store
        return await store.by_result(message_id) or await store.by_status(message_id)

    async def _handle(self, handler: ReactionHandler, requester: Requester, job: Job) -> None:
        try:
            await handler(requester, job)
        except Refusal as refusal:
            self._reply(requester, render_refusal(requester.locale, refusal))

    async def _reroll(self, requester: Requester, job: Job) -> None:
        if requester.message_id != job.result_message:
            return
        admitted = await self._follow_ups.reroll(requester, job)
        if admitted.created:
            await self._context.messages.pending_reaction.add(requester.channel_id, requester.message_id)

    async def _cancel_or_delete(self, requester: Requester, job: Job) -> None:
        """Cancel a job that is not over, delete one that is."""
        if job.state not in FINISHED:
            await cancel(self._context, requester, job)
            return
        await self._context.require(requester, Action.DELETE, job)
        await request_deletion(self._context, job)

    async def _send_copy(self, requester: Requester, job: Job) -> None:
        if requester.message_id == job.result_message:
            await self._sharing.send(requester, job)

    async def _report(self, requester: Requester, job: Job) -> None:
        await self._sharing.report(requester, job)
        self._reply(requester, translate(requester.locale, "reported"))

    def _reply(self, requester: Requester, text: str) -> None:
        self._context.messages.reaction_replies.show(requester, text)
