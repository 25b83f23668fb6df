"""Files that are being written: gone after a restart, after a while, and with their job."""

import os
from pathlib import Path

import pytest

from storage import Blobs
from storage.blobs.scratch import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


def names(scratch: Scratch) -> list[str]:
    return [path.name for path in scratch.path("").iterdir()]


async def test_it_is_emptied_with_folders_and_all(scratch: Scratch) -> None:
    scratch.path("a1.fitted.mp4").write_bytes(b"clip")
    (scratch.path("tmpabc") / "deeper").mkdir(parents=True)
    (scratch.path("tmpabc") / "deeper" / "pass.log").write_bytes(b"half")
    await scratch.clear()
    assert names(scratch) == []


async def test_what_a_step_that_is_at_work_writes_stays_and_older_goes(scratch: Scratch) -> None:
    for name in ("old", "young"):
        scratch.path(name).mkdir()
    os.utime(scratch.path("old"), (1000.0, 1000.0))
    await scratch.remove_old()
    assert names(scratch) == ["young"]


async def test_a_picture_that_cannot_be_written_leaves_nothing(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no room")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no room"):
        await scratch.stage(b"picture")
    assert names(scratch) == []


async def test_a_staged_picture_is_kept_only_when_it_is_saved(blobs: Blobs) -> None:
    name, staged = await blobs.stage_picture(b"pixels")
    again, twice = await blobs.stage_picture(b"pixels")
    _, never = await blobs.stage_picture(b"refused")
    assert await blobs.pictures_before(9e9) == set()
    assert name == again == await blobs.save_picture(staged) == await blobs.save_picture(twice)
    await blobs.discard(never)
    await blobs.discard(staged)  # gone: nothing to remove
    assert await blobs.pictures_before(9e9) == {name}
    assert list(blobs.scratch_path("").iterdir()) == []
