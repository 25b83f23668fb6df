"""The Protocol of what holds pictures and clips: a folder, or a bucket of an S3 store."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Kind(StrEnum):
    """What a blob is; the value is that of the column `kind`."""

    PICTURE = "picture"
    CLIP = "clip"


FOLDERS = {Kind.PICTURE: "pictures", Kind.CLIP: "clips"}
OWNER = "animate-owner"  # holds the id of the bot that this store belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """A blob that is there; `modified`: when it was written, in Unix seconds."""

    name: str
    modified: float


class BlobStore(Protocol):
    """Whole blobs by kind and name; nobody ever sees one half-written.

    Every method raises BlobsUnavailable where the store does not answer. Names are of letters, digits, `-`
    and `.` only.
    """

    @property
    def has_links(self) -> bool:
        """Whether `link` gives addresses."""
        ...

    async def check(self, owner: str) -> None:
        """Try whether it can be read and written by the bot of that id. Raises BlobsRefused."""
        ...

    async def put(self, kind: Kind, name: str, source: Path) -> None:
        """Keep the file at `source`, gone afterwards, in place of any of that name. Raises OSError."""
        ...

    async def exists(self, kind: Kind, name: str) -> bool:
        """Whether there is one of that name."""
        ...

    async def read(self, kind: Kind, name: str) -> bytes:
        """All its bytes, for what is small. Raises FileNotFoundError, OSError."""
        ...

    def open(self, kind: Kind, name: str, scratch: Path) -> AbstractAsyncContextManager[Path]:
        """A local file with its bytes for the block, only to be read; without a file where it is gone.

        `scratch`: a path of its own, for a store that is not on this machine. Raises OSError.
        """
        ...

    def listed(self, kind: Kind, prefix: str = "") -> AsyncIterator[Sequence[StoredBlob]]:
        """All whose name begins so, in batches."""
        ...

    async def remove(self, kind: Kind, names: Collection[str]) -> None:
        """Remove those of them that are there. Raises FilesLeft where some could not be."""
        ...

    async def link(self, kind: Kind, name: str, seconds: float) -> str | None:
        """An address from which anybody can load it for so long; None for a store without such addresses."""
        ...

    async def sweep(self, before: float) -> None:
        """Remove what was left half-written before that Unix time. Raises FilesLeft."""
        ...
