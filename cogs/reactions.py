"""Reactions on a job's messages of any age: 🔁 another, ❌ away with it, ✉️ to me, 🚩 to the moderators."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import discord
from discord.ext import commands

from cogs.access.policy import Action
from cogs.access.rights import require_access
from cogs.actions.cancel import cancel
from cogs.actions.context import BotContext
from cogs.actions.delete import request_deletion
from cogs.actions.reroll import Click, FollowUps
from cogs.actions.share import Sharing
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.i18n.catalogue import translate
from cogs.messages.bot_reactions import REROLL, PendingReaction
from cogs.messages.status import NO_MENTIONS
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from storage import FINISHED, Job, StoreError

log = logging.getLogger(__name__)

NO_LONGER_THAN = 10.0  # seconds a short reply stays
DELIVERING = 5.0  # seconds for a result's row to be written after its message
VARIATION = "\ufe0f"  # some clients send an emoji with it, some without

ReactionHandler = Callable[[Click, Job], Awaitable[None]]


class Reactions(commands.Cog):
    """Listens to raw reactions. Those that come while the bot leaves wait for its next start."""

    def __init__(
        self,
        client: commands.Bot,
        context: BotContext,
        follow_ups: FollowUps,
        sharing: Sharing,
        pending_reaction: PendingReaction,
    ) -> None:
        self._client = client
        self._context = context
        self._follow_ups = follow_ups
        self._sharing = sharing
        self._pending_reaction = pending_reaction
        self._handlers: Mapping[str, ReactionHandler] = {
            REROLL: self._reroll,
            "❌": self._remove,
            "✉": self._send,
            "🚩": self._report,
        }

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Guard clauses first: most reactions are not for us."""
        handler = self._handlers.get(str(payload.emoji).rstrip(VARIATION))
        if handler is None or payload.guild_id is None or not self._context.in_flight.is_open:
            return
        if payload.member is None or payload.member.bot:
            return
        with self._context.in_flight.track():
            try:
                job = await self._job(payload)
                if job:
                    click = await self._follow_ups.requester_of(
                        payload.member, payload.channel_id, payload.message_id
                    )
                    await self._do(handler, click, job)
            except StoreError as err:
                log.error("a reaction to message %s is lost: %s", payload.message_id, err)

    async def _job(self, payload: discord.RawReactionActionEvent) -> Job | None:
        """The job of that message; a quick finger may be faster than the row written after a result."""
        job = await self._known(payload.message_id)
        if job or not self._client.user or payload.message_author_id != self._client.user.id:
            return job
        try:
            async with asyncio.timeout(DELIVERING):
                while job is None:
                    await self._context.notifier.wait(1)
                    job = await self._known(payload.message_id)
        except TimeoutError:
            return None
        return job

    async def _known(self, message_id: int) -> Job | None:
        store = self._context.store
        return await store.by_result(message_id) or await store.by_status(message_id)

    async def _do(self, handler: ReactionHandler, click: Click, job: Job) -> None:
        try:
            await handler(click, job)
        except Refusal as refusal:
            await self._reply(click, render_refusal(click.locale, refusal))

    async def _reroll(self, click: Click, job: Job) -> None:
        if click.message_id != job.result_message:
            return
        admitted = await self._follow_ups.reroll(click, job)
        if admitted.created:
            await self._pending_reaction.add(click.channel_id, click.message_id)

    async def _remove(self, click: Click, job: Job) -> None:
        """A job that is not over is cancelled, a clip removed."""
        if job.state not in FINISHED:
            await cancel(self._context, click.actor, click.place, job)
            return
        require_access(self._context.policy, click.actor, click.place, Action.DELETE, job)
        await request_deletion(self._context, job)

    async def _send(self, click: Click, job: Job) -> None:
        if click.message_id == job.result_message:
            await self._sharing.send(click, job)

    async def _report(self, click: Click, job: Job) -> None:
        await self._sharing.report(click, job)
        await self._reply(click, translate(click.locale, "reported"))

    async def _reply(self, click: Click, text: str) -> None:
        """Reactions have no answer that only one person sees: a short reply that removes itself."""
        channel = self._client.get_partial_messageable(click.channel_id, guild_id=click.place.guild_id)
        below = channel.get_partial_message(click.message_id).to_reference(fail_if_not_exists=False)
        try:
            await channel.send(
                text, reference=below, allowed_mentions=NO_MENTIONS, delete_after=NO_LONGER_THAN
            )
        except DISCORD_ERRORS as err:
            log.info("a short reply cannot be shown: %s", err)
