"""What a person may do in a channel, wherever they ask: by Discord's rules, from roles and overwrites."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

import discord

from cogs.access.actors import MemberActor, rights_of
from cogs.discord_api.errors import DISCORD_ERRORS, MISSING_ACCESS, UNKNOWN_CHANNEL
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from jobs.requester import ChannelRights, Requester

log = logging.getLogger(__name__)

LOOKUP_TIMEOUT = 1.2  # seconds, of the three in which an interaction must be answered
MAX_REQUESTS = 5  # at once
KEPT_SECONDS = 10.0  # while somebody types, and no longer: a person may be put out of a thread
MAX_KEPT = 1000  # answers of each kind

K = TypeVar("K")
V = TypeVar("V")
Channel = discord.abc.GuildChannel | discord.Thread
NO_RIGHTS = ChannelRights()
LOOKUP_ERRORS = (*DISCORD_ERRORS, discord.ClientException)  # the latter: of a thread, its parent is unknown


class RecentAnswers(Generic[K, V]):
    """What was looked up within the last KEPT_SECONDS."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[float, V]] = {}

    async def get(self, key: K, look_up: Callable[[], Awaitable[V]]) -> V:
        """The answer that is kept, else a new one; raises what `look_up` raises, of which nothing is kept."""
        kept = self._kept.get(key)
        if kept and time.monotonic() < kept[0]:
            return kept[1]
        answer = await look_up()
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + KEPT_SECONDS, answer)
        return answer


class ChannelRightsFinder:
    """Finds people's rights in channels: from the cache of discord.py, else by a request."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._requests = asyncio.Semaphore(MAX_REQUESTS)
        self._channels = RecentAnswers[int, Channel | None]()
        self._thread_members = RecentAnswers[tuple[int, int], bool]()
        self._members = RecentAnswers[tuple[int, int], discord.Member | None]()

    async def find(self, requester: Requester, guild_id: int, channel_id: int) -> ChannelRights | None:
        """The requester's rights in a channel; None where they cannot be found out now."""
        if channel_id == requester.channel_id:
            return requester.rights
        try:
            member = await self._member(requester, guild_id)
        except LOOKUP_ERRORS as err:
            log.info("person %s: rights in guild %s are not known: %r", requester.user_id, guild_id, err)
            return None
        return await self.of(member, channel_id) if member else NO_RIGHTS

    async def find_all(
        self, requester: Requester, channels: AbstractSet[tuple[int, int]]
    ) -> Mapping[tuple[int, int], ChannelRights | None]:
        """The same for several channels, as ids of their guild and their own, within LOOKUP_TIMEOUT."""
        async with asyncio.TaskGroup() as tasks:
            found = {
                each: tasks.create_task(self.find(requester, *each), name=f"rights in channel {each[1]}")
                for each in channels
            }
        return {each: task.result() for each, task in found.items()}

    async def of(self, member: discord.Member, channel_id: int) -> ChannelRights | None:
        """The member's rights in a channel of their guild; None where they cannot be found out now.

        Nobody has any in a channel that does not exist, or that the bot does not see.
        """
        try:
            channel = await self._channel(channel_id)
            if channel is None or channel.guild.id != member.guild.id:
                return NO_RIGHTS
            permissions = channel.permissions_for(member)
            return rights_of(permissions) if await self._is_inside(channel, member) else NO_RIGHTS
        except LOOKUP_ERRORS as err:
            log.info("person %s: rights in channel %s are not known: %r", member.id, channel_id, err)
            return None

    async def channel(self, channel_id: int) -> Channel | None:
        """A channel of a guild; None where it cannot be found."""
        try:
            return await self._channel(channel_id)
        except LOOKUP_ERRORS as err:
            log.warning("channel %s cannot be looked up: %r", channel_id, err)
            return None

    async def _channel(self, channel_id: int) -> Channel | None:
        """The channel, None if there is none. Raises one of LOOKUP_ERRORS."""
        found = self._client.get_channel(channel_id)
        if found is None:
            found = await self._channels.get(channel_id, lambda: self._fetch_channel(channel_id))
        return found if isinstance(found, Channel) else None

    async def _fetch_channel(self, channel_id: int) -> Channel | None:
        """The channel, archived threads among them; None if there is none that the bot sees."""
        try:
            async with self._request():
                found = await self._client.fetch_channel(channel_id)
        except discord.HTTPException as err:
            if err.code in (UNKNOWN_CHANNEL, MISSING_ACCESS):
                return None
            raise
        return found if isinstance(found, Channel) else None

    async def _is_inside(self, channel: Channel, member: discord.Member) -> bool:
        """Whether it is no private thread, or one that they have joined or moderate."""
        if not isinstance(channel, discord.Thread) or not channel.is_private():
            return True
        if channel.permissions_for(member).manage_threads:
            return True
        return await self._thread_members.get(
            (channel.id, member.id), lambda: self._has_joined(channel, member.id)
        )

    async def _has_joined(self, thread: discord.Thread, user_id: int) -> bool:
        try:
            async with self._request():
                await thread.fetch_member(user_id)
        except discord.NotFound:
            return False
        return True

    async def _member(self, requester: Requester, guild_id: int) -> discord.Member | None:
        """The requester as a member of a guild, None if they are none. Raises one of LOOKUP_ERRORS."""
        actor, guild = requester.actor, self._client.get_guild(guild_id)
        if isinstance(actor, MemberActor) and actor.member.guild.id == guild_id:
            return actor.member
        if guild is None:
            return None
        return await self._members.get((guild_id, actor.id), lambda: self._fetch_member(guild, actor.id))

    async def _fetch_member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        try:
            async with self._request():
                return await guild.fetch_member(user_id)
        except discord.NotFound:
            return None

    @contextlib.asynccontextmanager
    async def _request(self) -> AsyncGenerator[None]:
        """Make one request of Discord in this block; waiting for a turn counts as its time."""
        async with (
            asyncio.timeout(LOOKUP_TIMEOUT),
            self._requests,
            discord_request(LOOKUP_TIMEOUT, Priority.STATUS),
        ):
            yield
