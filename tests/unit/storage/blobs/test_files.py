"""Pictures and clips on disk."""

import hashlib
from pathlib import Path

import pytest

from storage import FileStore


async def test_a_picture_is_found_by_its_sha256_and_kept_once(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name = await files.save_picture(b"pixels")
    assert name == hashlib.sha256(b"pixels").hexdigest() == await files.save_picture(b"pixels")
    assert await FileStore(tmp_path).read_picture(name) == b"pixels"
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [name]


async def test_a_picture_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await FileStore(tmp_path).read_picture("00")
