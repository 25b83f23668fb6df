"""Takes people's pictures in: loads, cleans and stores them, a bounded number at a time."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import media
from jobs.errors import Refusal
from jobs.picture_slots import PictureSlots
from storage import Blobs, BlobsUnavailable, Job, StoreError

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

    def __init__(self, files: Blobs, pictures: media.Media) -> None:
        self._files = files
        self._pictures = pictures
        self._slots = PictureSlots()

    async def store(
        self, user_id: int, check: Check, load: LoadPicture, load_last: LoadPicture | None = None
    ) -> tuple[StoredPicture, StoredPicture | None]:
        """Load, clean and store a person's picture, then the one that the clip ends on, in one turn.

        `check` is called right before each is loaded. Raises Refusal, and what `check` raises: then neither
        is stored.
        """
        return await self._slots.run(user_id, lambda: self._store(check, load, load_last))

    async def store_last_frame(
        self, user_id: int, check: Check, parent: Job, load_last: LoadPicture | None = None
    ) -> tuple[str, StoredPicture | None]:
        """Store the last frame of a clip as a picture, by its sha256, and another as `store` does."""
        return await self._slots.run(user_id, lambda: self._store_last_frame(check, parent, load_last))

    async def _store(
        self, check: Check, load: LoadPicture, load_last: LoadPicture | None
    ) -> tuple[StoredPicture, StoredPicture | None]:
        async with self._staging() as staged:
            first = await self._take_in(staged, check, load)
            return first, await self._take_in(staged, check, load_last) if load_last else None

    async def _store_last_frame(
        self, check: Check, parent: Job, load_last: LoadPicture | None
    ) -> tuple[str, StoredPicture | None]:
        async with self._staging() as staged:
            await check()
            frame = await self._stage(staged, await self._last_frame(parent))
            return frame, await self._take_in(staged, check, load_last) if load_last else None

    async def _take_in(self, staged: list[Path], check: Check, load: LoadPicture) -> StoredPicture:
        """Check, load, clean and stage a picture."""
        await check()
        picture = await self._clean(await load())
        return StoredPicture(
            sha256=await self._stage(staged, picture.data),
            width=picture.width,
            height=picture.height,
            issues=frozenset(picture.issues),
        )

    @contextlib.asynccontextmanager
    async def _staging(self) -> AsyncGenerator[list[Path]]:
        """A list of staged pictures; at the end of the block all are kept, or none where it raises."""
        staged = list[Path]()
        try:
            yield staged
            with _refused_where_full():
                for path in staged:
                    await self._files.save_picture(path)
        finally:
            for path in staged:
                await self._files.discard(path)

    async def _stage(self, staged: list[Path], data: bytes) -> str:
        """Write a picture beside those that are kept; returns its sha256. Raises Refusal."""
        with _refused_where_full():
            sha256, path = await self._files.stage_picture(data)
        staged.append(path)
        return sha256

    async def _last_frame(self, parent: Job) -> bytes:
        if not parent.clip:
            raise Refusal("clip_gone")
        try:
            async with self._files.clip(parent.clip) as path:
                if not await asyncio.to_thread(path.is_file):
                    raise Refusal("clip_gone")
                return await self._pictures.last_frame(path)
        except BlobsUnavailable as err:
            log.error("job %s: its clip cannot be read: %s", parent.id, err)
            raise Refusal("storage_away") from err
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


@contextlib.contextmanager
def _refused_where_full() -> Generator[None]:
    """Raise a Refusal for what the disk, or where pictures are kept, does not take."""
    try:
        yield
    except (OSError, StoreError) as err:
        log.error("a picture cannot be written: %s", err)
        raise Refusal("storage_away" if isinstance(err, BlobsUnavailable) else "full") from err
