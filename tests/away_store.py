"""A folder of pictures and clips that goes away and comes back, as an S3 store does."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from storage.blobs.errors import BlobsUnavailable
from storage.blobs.folder import FolderBlobStore

Result = TypeVar("Result")


class AwayStore(FolderBlobStore):
    """Answers nothing while it is `away`; `checked` is how often somebody looked whether it is back."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.away = False
        self.checked = 0

    async def check(self, owner: str) -> None:
        self.checked += 1
        await super().check(owner)

    async def _run(self, action: Callable[[], Result]) -> Result:
        if self.away:
            raise BlobsUnavailable("it does not answer")
        return await super()._run(action)
