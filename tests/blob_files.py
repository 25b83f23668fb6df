"""Pictures and clips in a folder, as tests make and look at them."""

from pathlib import Path

from storage import Blobs
from storage.blobs.folder import FolderBlobStore
from storage.database import Database


def local_blobs(folder: Path, database: Database) -> Blobs:
    """Those of a bot whose data is in that folder."""
    return Blobs(FolderBlobStore(folder), database, folder, owner="bot")


def clip_path(files: Blobs, name: str) -> Path:
    """The file of that clip, whether it exists or not; of the name "" the folder of all."""
    return files._store._folder / "clips" / name  # type: ignore[attr-defined]


async def make_old(files: Blobs, name: str, saved_at: float) -> None:
    """Let a picture or clip have been saved at that Unix time."""
    values = {"name": name, "at": saved_at}
    await files._rows._database.fetch("UPDATE blob SET saved_at = :at WHERE name = :name", values)
