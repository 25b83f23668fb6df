"""A job's clip: its file names, and the file that joins it with the clip it extends."""

import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import media
from storage import Blobs, Job, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClip:
    """A kept clip of this name, in a file on this machine."""

    name: str
    path: Path


class ClipJoiner:
    """Puts a clip and the one that it extends into one file, without encoding."""

    def __init__(self, store: Store, files: Blobs, pictures: media.Media) -> None:
        self._store = store
        self._files = files
        self._media = pictures

    @contextlib.asynccontextmanager
    async def joined_clip(self, job: Job) -> AsyncGenerator[LocalClip]:
        """The file to deliver: the job's clip, joined behind the one it extends where that was asked for.

        The job's clip alone where the other is no longer kept, was taken back, or cannot be joined. Raises
        StoreError, BadClip (no room on the disk, or a file is held open), OSError.
        """
        name = await self._name_to_deliver(job)
        async with self._files.clip(name) as path:
            yield LocalClip(name=name, path=path)

    async def _name_to_deliver(self, job: Job) -> str:
        own, joined = job.clip or clip_name(job), joined_name(job)
        before = await self._store.find(job.params.after) if job.params.after else None
        if before is None or before.unwanted or before.withdrawn:
            return own
        if await self._files.has_clip(joined) or await self._join(job, before, own):
            return joined
        return own

    async def _joined_or_own(self, job: Job) -> str:
        joined = joined_name(job)
        return joined if await self._files.has_clip(joined) else job.clip or clip_name(job)

    async def _join(self, job: Job, before: Job, own: str) -> bool:
        """Make the joined clip; whether that was possible."""
        scratch = self._files.scratch_path(joined_name(job))
        try:
            async with (
                self._files.clip(await self._joined_or_own(before)) as first,
                self._files.clip(own) as second,
            ):
                await self._media.join_clips(first, second, scratch)
            await self._files.keep_clip(scratch)
        except media.BadClip as err:
            if media.may_pass(err):
                raise
            log.warning("job %s: stands alone, its clip cannot be joined: %r", job.id, err)
            return False
        return True


def clip_name(job: Job) -> str:
    """The file that holds the clip as ComfyUI made it."""
    return f"{job.id}.mp4"


def smaller_name(job: Job) -> str:
    """The file that ComfyUI saved again with a higher crf. The row keeps this name: so the result says it."""
    return f"{job.id}.smaller.mp4"


def joined_name(job: Job) -> str:
    """The file that holds the clip behind those that it extends."""
    return f"{job.id}.joined.mp4"
