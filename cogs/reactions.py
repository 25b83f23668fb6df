"""Reactions on a job's messages of any age: 🔁 another, ❌ away with it, ✉️ to me, 🚩 to the moderators."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import discord
from discord.ext import commands

from cogs.access.policy import Action
from cogs.access.rights import allow
from cogs.actions.cancel import cancel
from cogs.actions.context import Desk
from cogs.actions.delete import discard
from cogs.actions.reroll import Again, Click
from cogs.actions.share import Copies
from cogs.i18n.catalogue import say
from cogs.messages.bot_reactions import REROLL
from cogs.messages.hourglass import Hourglass
from cogs.messages.status import NOBODY
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from storage import FINISHED, Job, StoreError

log = logging.getLogger(__name__)

NO_LONGER_THAN = 10.0  # seconds a short reply stays
DELIVERING = 5.0  # seconds for a result's row to be written after its message
VARIATION = "\ufe0f"  # some clients send an emoji with it, some without

Deed = Callable[[Click, Job], Awaitable[None]]


class Reactions(commands.Cog):
    """Listens to raw reactions. Those that come while the bot leaves wait for its next start."""

    def __init__(
        self, client: commands.Bot, desk: Desk, again: Again, copies: Copies, hourglass: Hourglass
    ) -> None:
        self._client = client
        self._desk = desk
        self._again = again
        self._copies = copies
        self._hourglass = hourglass
        self._deeds: Mapping[str, Deed] = {
            REROLL: self._reroll,
            "❌": self._remove,
            "✉": self._send,
            "🚩": self._report,
        }

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Guard clauses first: most reactions are not for us."""
        deed = self._deeds.get(str(payload.emoji).rstrip(VARIATION))
        if deed is None or payload.guild_id is None or not self._desk.door.is_open:
            return
        if payload.member is None or payload.member.bot:
            return
        with self._desk.door.inside():
            try:
                job = await self._job(payload)
                if job:
                    click = await self._again.click_of(payload.member, payload.channel_id, payload.message_id)
                    await self._do(deed, click, job)
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
                    await self._desk.bell.wait(1)
                    job = await self._known(payload.message_id)
        except TimeoutError:
            return None
        return job

    async def _known(self, message_id: int) -> Job | None:
        store = self._desk.store
        return await store.by_result(message_id) or await store.by_status(message_id)

    async def _do(self, deed: Deed, click: Click, job: Job) -> None:
        try:
            await deed(click, job)
        except Refusal as refusal:
            await self._reply(click, render_refusal(click.locale, refusal))

    async def _reroll(self, click: Click, job: Job) -> None:
        if click.message_id != job.result_message:
            return
        taken = await self._again.reroll(click, job)
        if taken.created:
            await self._hourglass.turn(click.channel_id, click.message_id)

    async def _remove(self, click: Click, job: Job) -> None:
        """A job that is not over is cancelled, a clip removed."""
        if job.state not in FINISHED:
            await cancel(self._desk, click.person, click.place, job)
            return
        allow(self._desk.gate, click.person, click.place, Action.DELETE, job)
        await discard(self._desk, job)

    async def _send(self, click: Click, job: Job) -> None:
        if click.message_id == job.result_message:
            await self._copies.send(click, job)

    async def _report(self, click: Click, job: Job) -> None:
        await self._copies.report(click, job)
        await self._reply(click, say(click.locale, "reported"))

    async def _reply(self, click: Click, text: str) -> None:
        """Reactions have no answer that only one person sees: a short reply that removes itself."""
        channel = self._client.get_partial_messageable(click.channel_id, guild_id=click.place.guild_id)
        below = channel.get_partial_message(click.message_id).to_reference(fail_if_not_exists=False)
        try:
            await channel.send(text, reference=below, allowed_mentions=NOBODY, delete_after=NO_LONGER_THAN)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as err:
            log.info("a short reply cannot be shown: %s", err)
