"""Takes people's pictures in: loads, cleans and stores them, a bounded number at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import media
from jobs.errors import Refusal
from jobs.picture_slots import PictureSlots
from storage import FileStore, Job

log = logging.getLogger(__name__)

MAX_MEGABYTES = media.MAX_PICTURE_BYTES // 10**6
MAX_MEGAPIXELS = media.MAX_PICTURE_PIXELS // 10**6
PICTURE_LIMITS = {
    media.PictureFault.TOO_LARGE: MAX_MEGABYTES,
    media.PictureFault.TOO_MANY_PIXELS: MAX_MEGAPIXELS,
}

LoadPicture = Callable[[], Awaitable[bytes]]
Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPicture:
    """A picture that is on the disk: its sha256, its size in pixels, and what is odd about it."""

    sha256: str
    width: int
    height: int
    issues: frozenset[media.PictureIssue]


class PictureLoader:
    """Stores pictures. No bytes of one are left in memory when a method has returned or raised."""

    def __init__(self, files: FileStore, pictures: media.Media) -> None:
        self._files = files
        self._pictures = pictures
        self._slots = PictureSlots()

    async def store(self, user_id: int, check: Check, load: LoadPicture) -> StoredPicture:
        """Load, clean and store a person's picture in their turn. `check` is called right before loading.

        Raises Refusal, and what `check` raises.
        """
        return await self._slots.run(user_id, lambda: self._store(check, load))

    async def store_last_frame(self, user_id: int, check: Check, parent: Job) -> str:
        """Store the last frame of a clip as a picture; returns its sha256. Raises as `store` does."""
        return await self._slots.run(user_id, lambda: self._store_last_frame(check, parent))

    async def _store(self, check: Check, load: LoadPicture) -> StoredPicture:
        await check()
        picture = await self._clean(await load())
        return StoredPicture(
            sha256=await self._save(picture.data),
            width=picture.width,
            height=picture.height,
            issues=frozenset(picture.issues),
        )

    async def _store_last_frame(self, check: Check, parent: Job) -> str:
        await check()
        return await self._save(await self._last_frame(parent))

    async def _last_frame(self, parent: Job) -> bytes:
        path = self._files.clip_path(parent.clip or "")
        try:
            if not parent.clip or not await asyncio.to_thread(path.is_file):
                raise Refusal("clip_gone")
            return await self._pictures.last_frame(path)
        except media.MediaError as err:
            log.error("job %s: its last frame cannot be read: %s", parent.id, err)
            raise Refusal("clip_busy" if media.may_pass(err) else "clip_gone") from err

    async def _clean(self, data: bytes) -> media.Picture:
        try:
            return await self._pictures.clean_picture(data)
        except media.BadPicture as err:
            raise Refusal(err.code.value, limit=err.limit or PICTURE_LIMITS.get(err.code, 0)) from err
        except media.MediaError as err:
            log.error("a picture could not be cleaned: %s", err)
            raise Refusal("internal") from err

    async def _save(self, data: bytes) -> str:
        try:
            return await self._files.save_picture(data)
        except OSError as err:
            log.error("a picture cannot be written: %s", err)
            raise Refusal("full") from err
