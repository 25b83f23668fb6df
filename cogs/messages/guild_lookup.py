"""What is to be known of a guild to send a result there: from discord.py's cache, else asked of Discord.

A worker is never connected to the gateway, so its cache stays empty; a gateway's is while it connects.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import discord

from cogs.discord_api.errors import DISCORD_ERRORS, MISSING_ACCESS, UNKNOWN_GUILD
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request

log = logging.getLogger(__name__)

LOOKUP_TIMEOUT = 10.0  # seconds
KEPT_SECONDS = 900.0  # boosts come and go by days
UNKNOWN_SECONDS = 30.0  # until Discord is asked again where it did not say
MAX_KEPT = 10_000  # guilds


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGuild:
    """Of a guild: how many bytes a file may have by its boosts (0: unknown), and whether the bot has left."""

    filesize_limit: int = 0
    left: bool = False


class GuildLookup:
    """Looks up guilds. What Discord answered is kept for KEPT_SECONDS."""

    def __init__(self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[int, tuple[float, KnownGuild]] = {}

    async def find(self, guild_id: int) -> KnownGuild:
        """The facts of a guild; those of one that cannot be looked up now are unknown."""
        guild = self._client.get_guild(guild_id)
        if guild:
            return KnownGuild(filesize_limit=guild.filesize_limit)
        if self._client.is_ready():  # then the cache has every guild of the bot
            return KnownGuild(left=True)
        until, facts = self._kept.get(guild_id, (0.0, KnownGuild()))
        if self._clock() < until:
            return facts
        return await self._ask(guild_id, facts)

    async def has_left(self, guild_id: int) -> bool:
        """Whether the bot is not in a guild, as Discord says now and not as it said before."""
        self._kept.pop(guild_id, None)
        return (await self.find(guild_id)).left

    async def _ask(self, guild_id: int, known: KnownGuild) -> KnownGuild:
        """Ask Discord; where it does not answer, what was known stays true."""
        facts, seconds = known, UNKNOWN_SECONDS
        try:
            async with discord_request(LOOKUP_TIMEOUT, Priority.RESULT):
                guild = await self._client.fetch_guild(guild_id, with_counts=False)
            facts, seconds = KnownGuild(filesize_limit=guild.filesize_limit), KEPT_SECONDS
        except discord.HTTPException as err:
            if err.code in (UNKNOWN_GUILD, MISSING_ACCESS):
                facts = KnownGuild(left=True)
            log.info("guild %s cannot be looked up: %s", guild_id, err)
        except DISCORD_ERRORS as err:
            log.info("guild %s cannot be looked up: %r", guild_id, err)
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[guild_id] = self._clock() + seconds, facts
        return facts
