"""Pictures and clips on disk."""

import hashlib
from pathlib import Path

import pytest

from storage import Files


async def test_a_picture_is_found_by_its_sha256_and_kept_once(tmp_path: Path) -> None:
    files = Files(tmp_path)
    name = await files.keep_picture(b"pixels")
    assert name == hashlib.sha256(b"pixels").hexdigest() == await files.keep_picture(b"pixels")
    assert await Files(tmp_path).picture(name) == b"pixels"
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [name]


async def test_a_picture_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Files(tmp_path).picture("00")
