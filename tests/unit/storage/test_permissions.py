"""What is stored is readable by its owner alone, what lay there before too."""

import os
from pathlib import Path

import pytest

from storage import open_store
from tests.blob_files import local_blobs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these are rights of POSIX")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_folders_and_files_of_before_and_new_ones_are_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("clips/old.mp4", "pictures/00", "backups/animate-1.db", "letters/mine.txt", "mine.txt"):
        path = data / name
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.write_bytes(b"")
        path.chmod(0o644)
    async with open_store(data) as store:
        await local_blobs(data, store.database).save_picture(b"a picture")
        await store.database.copy_to(data / "backups" / "animate-2.db")
        assert mode(data) == 0o700
        own = [path for path in data.rglob("*") if "mine" not in path.name and path.name != "letters"]
        assert len(own) > 8
        for path in own:
            assert mode(path) in ((0o700,) if path.is_dir() else (0o600,)), path
    assert mode(data / "mine.txt") == 0o644
    assert mode(data / "letters") == 0o755
