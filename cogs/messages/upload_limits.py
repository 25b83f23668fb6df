"""How large a file may be: what Discord promises, and what it was seen to keep.

Discord raised the limit without boosts from 10 to 20 MiB in September 2026, perhaps not for every guild. So
the larger one is tried first; where Discord refuses, the smaller one counts for RELEARN_SECONDS.
"""

import contextlib
import time
from collections.abc import Iterable

from cogs.messages.guild_lookup import GuildLookup
from storage import Store, StoreError, UploadLimit

OLD_LIMIT = 10 * 2**20  # bytes, without boosts
NEW_LIMIT = 20 * 2**20  # bytes, without boosts
REQUEST_OVERHEAD = 64 * 1024  # bytes: the parts of a request that are not the file
RELEARN_SECONDS = 7 * 86400.0
REREAD_SECONDS = 60.0  # until what other processes learnt is read again
DIRECT_MESSAGES = 0  # in place of a guild's id


class UploadLimits:
    """The upload limit of each guild, and of direct messages (guild 0)."""

    def __init__(self, guilds: GuildLookup, store: Store, learnt: Iterable[UploadLimit]) -> None:
        self._guilds = guilds
        self._store = store
        self._learnt = {each.guild_id: each for each in learnt}
        self._read_at = time.monotonic()

    async def limit(self, guild_id: int) -> int:
        """How many bytes a file may have there."""
        await self._read_again()
        return self._limit(guild_id, await self._boosted(guild_id))

    def _limit(self, guild_id: int, boosted: int) -> int:
        learnt = self._learnt.get(guild_id)
        if learnt and learnt.boosted == boosted and time.time() - learnt.learnt_at < RELEARN_SECONDS:
            return learnt.bytes - REQUEST_OVERHEAD
        return max(boosted, NEW_LIMIT) - REQUEST_OVERHEAD

    async def _read_again(self) -> None:
        """Read what other processes learnt; where the database does not answer, what is known counts."""
        if time.monotonic() - self._read_at < REREAD_SECONDS:
            return
        self._read_at = time.monotonic()
        with contextlib.suppress(StoreError):
            rows = await self._store.upload_limits(since=time.time() - RELEARN_SECONDS)
            self._learnt |= {each.guild_id: each for each in rows}

    async def learn(self, guild_id: int, size: int) -> bool:
        """Remember that Discord refused a file of `size` bytes; whether a smaller one may be taken now.

        Where even OLD_LIMIT allows that size there is nothing to learn. Raises StoreError.
        """
        boosted = await self._boosted(guild_id)
        smaller = [each for each in (boosted, NEW_LIMIT, OLD_LIMIT) if each < size]
        if smaller and self._limit(guild_id, boosted) >= size:
            learnt = UploadLimit(
                guild_id=guild_id, boosted=boosted, bytes=max(smaller), learnt_at=time.time()
            )
            self._learnt[guild_id] = learnt
            await self._store.set_upload_limit(learnt)
        return self._limit(guild_id, boosted) < size

    async def _boosted(self, guild_id: int) -> int:
        """The limit by the guild's boosts."""
        if guild_id == DIRECT_MESSAGES:
            return OLD_LIMIT
        return max((await self._guilds.find(guild_id)).filesize_limit, OLD_LIMIT)


async def load_upload_limits(guilds: GuildLookup, store: Store) -> UploadLimits:
    """The limits with what earlier processes learnt. Raises StoreError."""
    learnt = await store.upload_limits(since=time.time() - RELEARN_SECONDS)
    return UploadLimits(guilds, store, learnt)
