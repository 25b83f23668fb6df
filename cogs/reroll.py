"""🔁 on a result: another one with a new seed, for whoever reacted."""

import asyncio
import logging
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who put 🔁 under which message."""

    member: discord.Member
    channel_id: int
    message_id: int


class Reroll(commands.Cog):
    """Listens to raw reactions, so that results of any age count."""

    def __init__(self, client: commands.Bot, desk: Desk) -> None:
        self._client = client
        self._desk = desk

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Guard clauses first: most reactions are not for us. At the end they wait for the next start."""
        if str(payload.emoji) != REROLL or payload.guild_id is None or not self._desk.door.is_open:
            return
        if payload.member is None or payload.member.bot:
            return
        click = Click(member=payload.member, channel_id=payload.channel_id, message_id=payload.message_id)
        with self._desk.door.inside():
            try:
                parent = await self._parent(payload)
                if parent:
                    await self._answer(click, parent)
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

    async def _answer(self, click: Click, parent: Job) -> None:
        try:
            await self.reroll(click, parent)
        except Refusal as refusal:
            await self._refuse(click, render_refusal(await self._locale(click), refusal))

    async def reroll(self, click: Click, parent: Job) -> None:
        """Admit another one of that job, and post its status. Raises Refusal, StoreError."""
        person = Person.of(click.member)
        refusal = self._desk.gate.may(person, await self._place(click), Action.REROLL)
        if refusal:
            raise refusal
        asker = Asker(
            user_id=person.id,
            guild_id=click.member.guild.id,
            channel_id=click.channel_id,
            locale=await self._locale(click),
            share=self._desk.shares.of(person),
        )
        taken = await self._desk.intake.reroll(asker, parent, click.message_id)
        if taken.created:
            text = await self._desk.waiting_text(taken.job)
            await self._desk.status.post(taken.job, text, reply_to=click.message_id)
            self._desk.bell.ring()

    async def _locale(self, click: Click) -> str:
        known = await self._desk.store.locale_of(click.member.id)
        return known or str(click.member.guild.preferred_locale)

    async def _place(self, click: Click) -> Place:
        channel = self._client.get_channel(click.channel_id)
        if channel is None and self._desk.gate.channels:  # a thread that was asleep since the start
            try:
                channel = await self._client.fetch_channel(click.channel_id)
            except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError, OSError) as err:
                log.warning("channel %s cannot be looked up: %s", click.channel_id, err)
        parent = channel.parent_id if isinstance(channel, discord.Thread) else click.channel_id
        return Place(guild_id=click.member.guild.id, channel_ids=frozenset({click.channel_id, parent}))

    async def _refuse(self, click: Click, text: str) -> None:
        """Reactions have no answer that only one person sees: a short reply that removes itself."""
        channel = self._client.get_partial_messageable(click.channel_id, guild_id=click.member.guild.id)
        try:
            await channel.send(
                text,
                reference=channel.get_partial_message(click.message_id).to_reference(
                    fail_if_not_exists=False
                ),
                allowed_mentions=NOBODY,
                delete_after=NO_LONGER_THAN,
            )
        except (discord.HTTPException, aiohttp.ClientError, OSError) as err:
            log.info("a refusal cannot be shown: %s", err)
