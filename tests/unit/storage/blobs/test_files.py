"""Pictures and clips on disk."""

import hashlib
import os
from pathlib import Path

import pytest

from storage.blobs.files import FileStore


async def test_a_picture_is_found_by_its_sha256_and_kept_once(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name = await files.save_picture(b"pixels")
    assert name == hashlib.sha256(b"pixels").hexdigest() == await files.save_picture(b"pixels")
    assert await FileStore(tmp_path).read_picture(name) == b"pixels"
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [name]


async def test_a_picture_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await FileStore(tmp_path).read_picture("00")


@pytest.mark.parametrize(("kept_at", "stays"), [(1e9, False), (4e9, True)])
async def test_a_picture_that_was_kept_again_meanwhile_stays(
    tmp_path: Path, kept_at: float, stays: bool
) -> None:
    files = FileStore(tmp_path)
    name = await files.save_picture(b"picture")
    await files.remove_picture(name, before=5e9 - kept_at)
    assert (tmp_path / "pictures" / name).exists() == stays


async def test_all_clips_of_a_job_go_and_no_others(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    for name in ("a1.mp4", "a1.fitted.mp4", "a1.mp4.1f.part", "a2.mp4"):
        files.clip_path(name).write_bytes(b"clip")
    await files.remove_clips_of("a1")
    assert [path.name for path in files.clip_path("").iterdir()] == ["a2.mp4"]


def set_age(path: Path) -> None:
    os.utime(path, (1000.0, 1000.0))


async def test_old_files_are_listed_and_removed_and_younger_ones_stay(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    old, touched = await files.save_picture(b"old"), await files.save_picture(b"touched")
    for name in (old, touched):
        set_age(tmp_path / "pictures" / name)
    await files.touch_picture(touched)
    for name in ("old.mp4", "other.mp4", "new.mp4"):
        files.clip_path(name).write_bytes(b"clip")
    for name in ("old.mp4", "other.mp4"):
        set_age(files.clip_path(name))
    assert await files.pictures_before(2000.0) == {old}
    assert await files.clips_before(2000.0) == {"old.mp4", "other.mp4"}
    await files.remove_pictures([old, touched], 2000.0)
    await files.remove_clips(["old.mp4", "new.mp4"], 2000.0)
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {touched}
    assert {path.name for path in (tmp_path / "clips").iterdir()} == {"other.mp4", "new.mp4"}
