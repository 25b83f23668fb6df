"""Pictures and clips on disk."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from storage.blobs.files import FilesLeft, FileStore


async def test_a_picture_is_found_by_its_sha256_and_kept_once(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name = await files.save_picture(b"pixels")
    assert name == hashlib.sha256(b"pixels").hexdigest() == await files.save_picture(b"pixels")
    assert await FileStore(tmp_path).read_picture(name) == b"pixels"
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [name]


async def test_a_staged_picture_is_kept_only_when_it_is_saved(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name, staged = await files.stage_picture(b"pixels")
    again, twice = await files.stage_picture(b"pixels")
    _, never = await files.stage_picture(b"refused")
    assert list((tmp_path / "pictures").iterdir()) == []
    assert name == again == await files.save_picture(staged) == await files.save_picture(twice)
    await files.discard(never)
    await files.discard(staged)  # moved: nothing to remove
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [name]
    assert list((tmp_path / "scratch").iterdir()) == []


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


async def test_scratch_is_emptied_with_folders_and_all(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    files.scratch_path("a1.fitted.mp4").write_bytes(b"clip")
    (files.scratch_path("tmpabc") / "deeper").mkdir(parents=True)
    (files.scratch_path("tmpabc") / "deeper" / "pass.log").write_bytes(b"half")
    await FileStore(tmp_path).clear_scratch()
    assert list((tmp_path / "scratch").iterdir()) == []
    assert files.clip_path("a1.mp4").parent.is_dir()


async def test_scratch_of_a_step_that_is_at_work_stays_and_older_goes(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    for name in ("old", "young"):
        files.scratch_path(name).mkdir()
    set_age(files.scratch_path("old"))
    await files.remove_old_scratch()
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["young"]


async def test_a_picture_is_half_written_in_scratch_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no room")

    files = FileStore(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no room"):
        await files.save_picture(b"picture")
    assert all_files(tmp_path) == []


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_folder_in_place_of_a_file_is_removed(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name = hashlib.sha256(b"picture").hexdigest()
    for path in (files.clip_path("a1.mp4"), files.clip_path("tmpabc"), tmp_path / "pictures" / name):
        path.mkdir()
        (path / "inside").write_bytes(b"left by a kill")
        set_age(path)
    await files.remove_clips(["tmpabc"], 2000.0)
    await files.remove_clips_of("a1")
    assert list((tmp_path / "clips").iterdir()) == []
    assert await files.save_picture(b"picture") == name
    assert await files.read_picture(name) == b"picture"


async def test_a_link_is_removed_and_what_it_leads_to_is_not(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "data")
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").write_bytes(b"kept")
    files.clip_path("a1.mp4").symlink_to(other)
    await files.remove_clips_of("a1")
    assert list((tmp_path / "data" / "clips").iterdir()) == []
    assert (other / "kept").exists()


async def test_one_file_that_cannot_be_removed_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FileStore(tmp_path)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        files.clip_path(name).write_bytes(b"clip")
        set_age(files.clip_path(name))
    refuse_removal(monkeypatch, "b.mp4")
    with pytest.raises(FilesLeft, match="1 cannot be removed, the first: busy"):
        await files.remove_clips(["a.mp4", "b.mp4", "c.mp4"], 2000.0)
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["b.mp4"]


def refuse_removal(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the file of that name be one that another program holds, as on Windows."""
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == name:
            raise PermissionError("busy")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)


async def test_what_is_on_the_disk_is_counted(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    name = await files.save_picture(b"picture")
    files.clip_path("a.mp4").write_bytes(b"clip")
    assert await files.count({name, "gone"}, {"a.mp4", "b.mp4", "c.mp4"}) == (1, 1)


async def test_the_joined_files_of_these_jobs_go(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    for name in ("a.mp4", "a.joined.mp4", "b.joined.mp4"):
        files.clip_path(name).write_bytes(b"clip")
    await files.remove_joined_of(["a"])
    assert {path.name for path in (tmp_path / "clips").iterdir()} == {"a.mp4", "b.joined.mp4"}


async def test_a_job_without_a_picture_has_none(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    for access in (files.read_picture, files.touch_picture):
        with pytest.raises(FileNotFoundError):
            await access("")


async def test_a_clip_whose_place_is_held_is_put_there_when_it_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, tried, replace = FileStore(tmp_path), list[Path](), Path.replace

    def refuse(path: Path, target: Path) -> Path:
        tried.append(path)
        if len(tried) < 3:
            raise PermissionError(errno.EACCES, "used by another process")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    scratch = files.scratch_path("a.mp4")
    scratch.write_bytes(b"clip")
    assert (await files.keep_clip(scratch)).read_bytes() == b"clip"
    monkeypatch.setattr("storage.blobs.files.REPLACE_SECONDS", 0.01)
    tried.clear()
    scratch.write_bytes(b"clip")
    with pytest.raises(PermissionError):
        await files.keep_clip(scratch)
    assert scratch.exists()


async def test_two_files_of_one_name_in_scratch_are_two_and_go_with_their_job(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    paths = {files.unique_scratch_path("a1.fitted.mp4") for _ in range(2)}
    assert len(paths) == 2
    for path in paths:
        path.write_bytes(b"clip")
    assert {path.suffix for path in paths} == {".mp4"}
    await files.remove_clips_of("a1")
    assert all_files(tmp_path) == []
