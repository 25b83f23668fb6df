"""A clip that goes on from another, as one file with what stands before it."""

import asyncio
import logging
from pathlib import Path

import media
from jobs.clips import clip_name
from storage import Files, Job, Store

log = logging.getLogger(__name__)


class Joining:
    """Finds what stands before a clip, and joins both without encoding."""

    def __init__(self, store: Store, files: Files, pictures: media.Media) -> None:
        self._store = store
        self._files = files
        self._media = pictures

    async def joined_clip(self, job: Job) -> Path:
        """The file to hand over: the job's clip, behind the one it goes on from where that was wished.

        Where the first is no longer kept, the clip stands alone. Raises StoreError.
        """
        own = self._files.clip(job.clip or clip_name(job))
        before = await self._store.find(job.params.after) if job.params.after else None
        if before is None:
            return own
        joined = self._files.clip(joined_name(job))
        if not await asyncio.to_thread(joined.exists):
            try:
                await self._media.join_clips(await self._whole_of(before), own, joined)
            except media.BadClip as err:
                if err.code is media.ClipFault.NO_ROOM:
                    raise
                log.warning("job %s: stands alone, its clip cannot be joined: %r", job.id, err)
                return own
        return joined

    async def _whole_of(self, job: Job) -> Path:
        joined = self._files.clip(joined_name(job))
        if await asyncio.to_thread(joined.exists):
            return joined
        return self._files.clip(job.clip or clip_name(job))


def joined_name(job: Job) -> str:
    """The clip with all that stands before it."""
    return f"{job.id}.joined.mp4"
