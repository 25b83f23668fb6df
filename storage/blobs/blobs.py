"""Pictures and clips, wherever they are kept: pictures named by their sha256, clips by their job.

What is being written is in `scratch` on this machine; what is kept has a row (see `rows`) and is whole.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from storage.blobs.blob_store import BlobStore, Kind
from storage.blobs.errors import BlobsUnavailable, FilesLeft
from storage.blobs.rows import BlobRows
from storage.blobs.scratch import SCRATCH_SECONDS, Scratch
from storage.database import Database

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # between two looks at whether the store answers again
NAMES_PER_REMOVAL = 500


class Blobs:
    """What the bot keeps of pictures and clips in `store`, for the bot of the id `owner`.

    Every method but those of scratch raises BlobsUnavailable where that does not answer, and StoreUnavailable
    where the database does not.
    """

    def __init__(self, store: BlobStore, database: Database, folder: Path, *, owner: str) -> None:
        """`folder`: on this machine, for scratch."""
        self._store = store
        self._rows = BlobRows(database)
        self._scratch = Scratch(folder)
        self._owner = owner
        self._checked = False

    @property
    def has_links(self) -> bool:
        """Whether `link_to_clip` gives any."""
        return self._store.has_links

    async def check(self) -> None:
        """Try whether the store can be read and written. Raises BlobsRefused."""
        await self._store.check(self._owner)
        self._checked = True

    async def answering(self) -> None:
        """Wait until the store answers, RETRY_SECONDS at least: what failed may fail again at once."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                return await self.check()
            except BlobsUnavailable as err:
                log.warning("%s", err)

    async def clear_scratch(self) -> None:
        """Remove all that an earlier process left half-written on this machine. Raises FilesLeft."""
        await self._scratch.clear()

    async def remove_old_scratch(self) -> None:
        """Remove what was left half-written long ago, in the store too. Raises FilesLeft."""
        await self._scratch.remove_old()
        await self._store.sweep(time.time() - SCRATCH_SECONDS)

    def scratch_path(self, name: str) -> Path:
        """A path for a file that is being written, which nobody needs after a restart."""
        return self._scratch.path(name)

    def unique_scratch_path(self, name: str) -> Path:
        """As `scratch_path`, a path of its own for each call: nobody else can hold that file open."""
        return self._scratch.unique_path(name)

    async def discard(self, scratch: Path) -> None:
        """Remove a file in `scratch` that has been used. Raises nothing: what stays is swept later."""
        await self._scratch.discard(scratch)

    async def stage_picture(self, data: bytes) -> tuple[str, Path]:
        """Write a picture to `scratch`, to be saved or discarded; returns its sha256 and its path there.

        Raises OSError.
        """
        return await self._scratch.stage(data)

    async def save_picture(self, data: bytes | Path) -> str:
        """Keep a picture, or a staged one, with the time of now; returns its sha256. Raises OSError."""
        sha256, staged = await self._staged(data)
        try:
            await self._rows.save(Kind.PICTURE, sha256)
            if not await self._store.exists(Kind.PICTURE, sha256):
                await self._store.put(Kind.PICTURE, sha256, staged)
        finally:
            await self.discard(staged)
        return sha256

    async def _staged(self, data: bytes | Path) -> tuple[str, Path]:
        if isinstance(data, Path):
            return data.name.partition(".")[0], data
        return await self._scratch.stage(data)

    async def read_picture(self, sha256: str) -> bytes:
        """The bytes of a picture. Raises FileNotFoundError, OSError."""
        _require_name(sha256)
        return await self._store.read(Kind.PICTURE, sha256)

    async def touch_picture(self, sha256: str) -> None:
        """Set a picture's time to now, so that retention spares it. Raises FileNotFoundError."""
        _require_name(sha256)
        await self._rows.save(Kind.PICTURE, sha256)
        if not await self._store.exists(Kind.PICTURE, sha256):
            raise FileNotFoundError(f"the picture {sha256} is gone")

    async def keep_clip(self, scratch: Path) -> None:
        """Keep a clip that is whole, under the name that it has in `scratch`, where it is gone afterwards.

        Where its job was deleted meanwhile nothing of it stays. Raises OSError.
        """
        name = scratch.name
        await self._rows.save(Kind.CLIP, name)
        await self._store.put(Kind.CLIP, name, scratch)
        if not await self._rows.is_kept(Kind.CLIP, name):
            await self._store.remove(Kind.CLIP, [name])

    async def has_clip(self, name: str) -> bool:
        """Whether the clip of that name is kept."""
        return await self._store.exists(Kind.CLIP, name)

    @contextlib.asynccontextmanager
    async def clip(self, name: str) -> AsyncGenerator[Path]:
        """A local file with the clip for the block, only to be read; without a file where it is gone.

        In a folder it is the clip itself, else a copy in `scratch`. Raises OSError.
        """
        async with self._store.open(Kind.CLIP, name, self.unique_scratch_path(name)) as path:
            yield path

    async def link_to_clip(self, name: str, seconds: float) -> str | None:
        """An address from which anybody can load the clip for so long; None where there are none."""
        return await self._store.link(Kind.CLIP, name, seconds)

    async def count_of(self, user_id: int) -> tuple[int, int]:
        """How many pictures and how many clips of the person's jobs are kept."""
        return await self._rows.count_of(user_id)

    async def pictures_before(self, time: float) -> AbstractSet[str]:
        """The names of all pictures that were saved before that Unix time."""
        return await self._before(Kind.PICTURE, time)

    async def clips_before(self, time: float) -> AbstractSet[str]:
        """The names of all clips that were saved before that Unix time."""
        return await self._before(Kind.CLIP, time)

    async def _before(self, kind: Kind, time: float) -> AbstractSet[str]:
        """By the rows; those without one, by when they were written. A row may have lost its blob."""
        if not self._checked:
            await self.check()  # what another bot keeps there has no rows here
        found = {
            blob.name async for blobs in self._store.listed(kind) for blob in blobs if blob.modified < time
        }
        async for page in self._rows.all(kind):
            found.difference_update(page)
            found.update(name for name, saved_at in page.items() if saved_at < time)
        return found

    async def remove_pictures(self, names: Collection[str], before: float) -> None:
        """Remove those of the pictures that nobody saved after that Unix time. Raises FilesLeft."""
        await self._remove(Kind.PICTURE, names, before)

    async def remove_clips(self, names: Collection[str], before: float) -> None:
        """Remove those of the clips that nobody saved after that Unix time. Raises FilesLeft."""
        await self._remove(Kind.CLIP, names, before)

    async def remove_picture(self, sha256: str, before: float) -> bool:
        """Remove a picture; False where somebody saved it after that Unix time. Raises FilesLeft."""
        await self._remove(Kind.PICTURE, [sha256], before)
        return not await self._rows.is_saved_after(Kind.PICTURE, sha256, before)

    async def remove_clips_of(self, job_id: str) -> None:
        """Remove all files of a job but its picture, half-written ones too. Raises FilesLeft."""
        await self._remove_of(job_id)

    async def remove_joined_of(self, job_ids: Collection[str]) -> None:
        """Remove the files of these jobs that begin with other jobs' clips. Raises FilesLeft."""
        for each in job_ids:
            await self._remove_of(f"{each}.joined.")

    async def _remove_of(self, prefix: str) -> None:
        names = await self._rows.beginning_with(Kind.CLIP, prefix)
        async for blobs in self._store.listed(Kind.CLIP, prefix):
            names.update(blob.name for blob in blobs)
        await self._remove(Kind.CLIP, sorted(names), float("inf"))
        await self._scratch.remove_of(prefix)

    async def _remove(self, kind: Kind, names: Collection[str], before: float) -> None:
        left = list[FilesLeft]()
        for batch in _batches(sorted(names)):
            try:
                async with self._rows.removing(kind, batch, before) as marked:
                    await self._store.remove(kind, marked)
            except FilesLeft as err:
                left.append(err)
        if left:
            raise FilesLeft(str(left[0]), frozenset[str]().union(*(each.names for each in left)))


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + NAMES_PER_REMOVAL] for at in range(0, len(names), NAMES_PER_REMOVAL))


def _require_name(sha256: str) -> None:
    """Raise FileNotFoundError for a job that has no picture any more."""
    if not sha256:
        raise FileNotFoundError("the picture was taken back")
