"""A job's clip on our disk: its file names, and the file that joins it with the clip it extends."""

import asyncio
import logging
from pathlib import Path

import media
from storage import FileStore, Job, Store

log = logging.getLogger(__name__)


class ClipJoiner:
    """Puts a clip and the one that it extends into one file, without encoding."""

    def __init__(self, store: Store, files: FileStore, pictures: media.Media) -> None:
        self._store = store
        self._files = files
        self._media = pictures

    async def joined_clip(self, job: Job) -> Path:
        """The file to deliver: the job's clip, joined behind the one it extends where that was asked for.

        The job's clip alone where the other is no longer kept, was taken back, or cannot be joined. Raises
        StoreError, BadClip (no room on the disk, or a file is held open), OSError.
        """
        own = self._files.clip_path(job.clip or clip_name(job))
        before = await self._store.find(job.params.after) if job.params.after else None
        if before is None or before.unwanted or before.withdrawn:
            return own
        joined = self._files.clip_path(joined_name(job))
        if not await asyncio.to_thread(joined.exists):
            try:
                scratch = self._files.scratch_path(joined.name)
                await self._media.join_clips(await self._joined_or_own(before), own, scratch)
                await self._files.keep_clip(scratch)
            except media.BadClip as err:
                if media.may_pass(err):
                    raise
                log.warning("job %s: stands alone, its clip cannot be joined: %r", job.id, err)
                return own
        return joined

    async def _joined_or_own(self, job: Job) -> Path:
        joined = self._files.clip_path(joined_name(job))
        if await asyncio.to_thread(joined.exists):
            return joined
        return self._files.clip_path(job.clip or clip_name(job))


def clip_name(job: Job) -> str:
    """The file that holds the clip as ComfyUI made it."""
    return f"{job.id}.mp4"


def smaller_name(job: Job) -> str:
    """The file that ComfyUI saved again with a higher crf. The row keeps this name: so the result says it."""
    return f"{job.id}.smaller.mp4"


def joined_name(job: Job) -> str:
    """The file that holds the clip behind those that it extends."""
    return f"{job.id}.joined.mp4"
