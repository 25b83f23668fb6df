"""Another job of one that is there, asked for under its message: by a reaction or a button."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass

import aiohttp
import discord
from discord.ext import commands

from cogs.access.actors import location_of
from cogs.access.policy import Action, Actor, Location
from cogs.access.rights import require_access
from cogs.actions.context import BotContext
from jobs.service import Admitted, Asker
from storage import Job, Params

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds for a channel to be looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who did something under which message, and in which language they read the answer."""

    actor: Actor
    place: Location
    channel_id: int
    message_id: int
    locale: str


class FollowUps:
    """Admits jobs that descend from others, and posts their status below the message that was clicked."""

    def __init__(self, client: commands.Bot, context: BotContext) -> None:
        self._client = client
        self._context = context

    async def requester_of(self, member: discord.Member, channel_id: int, message_id: int) -> Click:
        """A reaction of that member. Raises StoreError."""
        locale = await self._context.store.locale_of(member.id)
        return Click(
            actor=Actor.of(member),
            place=await self._place(member.guild.id, channel_id),
            channel_id=channel_id,
            message_id=message_id,
            locale=locale or str(member.guild.preferred_locale),
        )

    async def reroll(self, click: Click, parent: Job) -> Admitted:
        """The same with a new seed. Raises Refusal, StoreError."""
        self._allow(click, Action.REROLL, parent)
        return await self._post(
            click, self._context.service.reroll(self._asker(click), parent, click.message_id)
        )

    async def retry(self, click: Click, parent: Job, params: Params) -> Admitted:
        """A job that came to nothing once more, with these parameters. Raises Refusal, StoreError."""
        self._allow(click, Action.RETRY, parent)
        return await self._post(click, self._context.service.retry(self._asker(click), parent, params))

    def _allow(self, click: Click, action: Action, parent: Job) -> None:
        require_access(self._context.policy, click.actor, click.place, action, parent)

    def _asker(self, click: Click) -> Asker:
        return Asker(
            user_id=click.actor.id,
            guild_id=click.place.guild_id or 0,
            channel_id=click.channel_id,
            locale=click.locale,
            share=self._context.shares.of(click.actor),
        )

    async def _post(self, click: Click, admission: Awaitable[Admitted]) -> Admitted:
        admitted = await admission
        if admitted.created:
            text = await self._context.waiting_text(admitted.job)
            await self._context.status.post(admitted.job, text, reply_to=click.message_id)
            self._context.notifier.notify()
        return admitted

    async def _place(self, guild_id: int, channel_id: int) -> Location:
        channel = self._client.get_channel(channel_id)
        if channel is None and self._context.policy.channels:  # a thread that was asleep since the start
            try:
                async with asyncio.timeout(PATIENCE):
                    channel = await self._client.fetch_channel(channel_id)
            except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError, OSError) as err:
                log.warning("channel %s cannot be looked up: %s", channel_id, err)
        parent = channel.parent_id if isinstance(channel, discord.Thread) else channel_id
        return Location(guild_id=guild_id, channel_ids=frozenset({channel_id, parent}))


def requester_of_interaction(interaction: discord.Interaction, locale: str) -> Click:
    """The press of a button."""
    return Click(
        actor=Actor.of(interaction.user),
        place=location_of(interaction),
        channel_id=interaction.channel_id or 0,
        message_id=interaction.message.id if interaction.message else 0,
        locale=locale,
    )
