"""🔁 on a result: another one with a new seed, for whoever reacted."""

import asyncio
import logging

import aiohttp
import discord
from discord.ext import commands

from cogs.delivery import REROLL
from cogs.desk import Desk
from cogs.gate import Action, Person, Place
from cogs.intake import Asker
from cogs.refusal import Refusal
from cogs.render import render_refusal
from cogs.status import NOBODY
from storage import Job, StoreError

log = logging.getLogger(__name__)

NO_LONGER_THAN = 10.0  # seconds a refusal stays
DELIVERING = 5.0  # seconds for a result's row to be written after its message


class Reroll(commands.Cog):
    """Listens to raw reactions, so that results of any age count."""

    def __init__(self, client: commands.Bot, desk: Desk) -> None:
        self._client = client
        self._desk = desk

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Guard clauses first: most reactions are not for us."""
        if str(payload.emoji) != REROLL or payload.guild_id is None:
            return
        if payload.member is None or payload.member.bot:
            return
        try:
            parent = await self._parent(payload)
            if parent:
                await self._reroll(payload, payload.member, parent)
        except StoreError as err:
            log.error("a reroll of message %s is lost: %s", payload.message_id, err)

    async def _parent(self, payload: discord.RawReactionActionEvent) -> Job | None:
        """The job of that result; a quick finger may be faster than the row written after the message."""
        job = await self._desk.store.by_result(payload.message_id)
        if job or not self._client.user or payload.message_author_id != self._client.user.id:
            return job
        try:
            async with asyncio.timeout(DELIVERING):
                while job is None:
                    await self._desk.bell.wait(1)
                    job = await self._desk.store.by_result(payload.message_id)
        except TimeoutError:
            return None
        return job

    async def _reroll(
        self, payload: discord.RawReactionActionEvent, member: discord.Member, parent: Job
    ) -> None:
        asker = Asker(
            user_id=payload.user_id,
            guild_id=member.guild.id,
            channel_id=payload.channel_id,
            locale=await self._desk.store.locale_of(payload.user_id) or str(member.guild.preferred_locale),
            share=self._desk.shares.of(Person.of(member)),
        )
        place = await self._place(payload)
        try:
            refusal = self._desk.gate.may(Person.of(member), place, Action.REROLL)
            if refusal:
                raise refusal
            admission = await self._desk.intake.reroll(asker, parent, payload.message_id)
        except Refusal as refusal:
            await self._refuse(payload, render_refusal(asker.locale, refusal))
            return
        if admission.created:
            job = admission.job
            text = await self._desk.waiting_text(job)
            await self._desk.status.post(job, text, reply_to=payload.message_id)
            self._desk.bell.ring()

    async def _place(self, payload: discord.RawReactionActionEvent) -> Place:
        channel = self._client.get_channel(payload.channel_id)
        if channel is None and self._desk.gate.channels:  # a thread that was asleep since the start
            try:
                channel = await self._client.fetch_channel(payload.channel_id)
            except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError, OSError) as err:
                log.warning("channel %s cannot be looked up: %s", payload.channel_id, err)
        parent = channel.parent_id if isinstance(channel, discord.Thread) else payload.channel_id
        return Place(guild_id=payload.guild_id, channel_ids=frozenset({payload.channel_id, parent}))

    async def _refuse(self, payload: discord.RawReactionActionEvent, text: str) -> None:
        """Reactions have no answer that only one person sees: a short reply that removes itself."""
        channel = self._client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id)
        try:
            await channel.send(
                text,
                reference=channel.get_partial_message(payload.message_id).to_reference(
                    fail_if_not_exists=False
                ),
                allowed_mentions=NOBODY,
                delete_after=NO_LONGER_THAN,
            )
        except (discord.HTTPException, aiohttp.ClientError, OSError) as err:
            log.info("a refusal cannot be shown: %s", err)
