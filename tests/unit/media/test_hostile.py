"""Any bytes are refused or processed within seconds, in little memory of the parent process."""

import asyncio
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from media import BadClip, BadPicture, Media, MediaError, Picture, PictureFault
from tests.forking.media_children import fork_media_children
from tests.unit.media.hostile import corrupted, crafted, fuzzed
from tests.unit.media.sample_clips import gradient_frames, write_animation, write_clip
from tests.unit.media.sample_pictures import opened, png_bomb

MAX_SECONDS = 10  # with the waiting for a free process
CONCURRENCY = 8  # so that little of that is waiting


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_media_children(monkeypatch)


async def outcome(media: Media, name: str, data: bytes) -> str:
    """Name what came of a file; anything but a trusted picture or a refusal, in time, fails the test."""
    began = time.monotonic()
    try:
        picture = await media.clean_picture(data)
    except BadPicture as refused:
        result = refused.code.value
    else:
        assert_trusted(picture)
        result = "processed"
    assert time.monotonic() - began < MAX_SECONDS, name
    return result


def assert_trusted(picture: Picture) -> None:
    image = opened(picture.data)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (picture.width, picture.height))
    assert max(image.size) <= 2048
    assert not image.info


async def outcomes(media: Media, files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    semaphore = asyncio.Semaphore(CONCURRENCY)

    async def one(name: str, data: bytes) -> tuple[str, str]:
        async with semaphore:
            return name, await outcome(media, name, data)

    async with asyncio.TaskGroup() as tasks:  # of gather() a failed test leaves the others at their work
        found = [tasks.create_task(one(name, data), name=f"file {name}") for name, data in files]
    return dict(each.result() for each in found)


def our_memory() -> int:
    """The most that this process ever held, in kilobytes."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def test_every_known_trick_is_refused_or_harmless(media: Media) -> None:
    results = await outcomes(media, crafted().items())
    # Sound pictures with something behind or beside them are pictures: the rest does not survive.
    processed = {name for name, result in results.items() if result == "processed"}
    assert processed == {
        "png with a text bomb",
        "png with a profile bomb",
        "jpeg then html",
        "jpeg with html inside",
        "png then zip",
        "gif then jpeg",
        "jpeg then png",
        "jpeg of 49 megapixels without pixels",
        "jpeg with ten thousand comments",
        "jpeg with exif that points at itself",
        "jpeg with half a profile",
        "jpeg of endless scans",
    }
    huge = {name for name, result in results.items() if result == PictureFault.TOO_MANY_PIXELS}
    assert huge == {
        "png of 2³¹ pixels a side",
        "png of 51 megapixels",
        "gif of 65,535 a side",
        "gif frame beyond its screen",
        "webp of 16,384 a side",
        "jpeg of 65,535 a side",
    }


async def test_nothing_that_stood_beside_the_picture_comes_along(media: Media) -> None:
    for name in ("jpeg then html", "jpeg with html inside"):
        assert b"script" not in (await media.clean_picture(crafted()[name])).data


@pytest.mark.long
async def test_corrupted_files_are_refused_or_processed(media: Media, pytestconfig: pytest.Config) -> None:
    count = 10_000 if pytestconfig.getoption("--long") else 30
    results = await outcomes(media, fuzzed(count))
    assert len(results) == count
    assert set(results.values()) >= {"broken", "processed"}


@pytest.mark.long
async def test_corrupted_clips_are_refused_or_measured(
    media: Media, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    sources = [
        write_clip(tmp_path / "a.mp4", gradient_frames()),
        write_clip(tmp_path / "b.webm", gradient_frames(), codec="libvpx-vp9"),
        write_animation(tmp_path / "c.webp", gradient_frames()),
    ]
    count = 1000 if pytestconfig.getoption("--long") else 10
    results = set[str]()
    for number, data in enumerate(corrupted([path.read_bytes() for path in sources], count)):
        path = tmp_path / f"{number}"
        path.write_bytes(data[1])
        results.add(await clip_outcome(media, path))
    assert results == {"refused", "fitted"}


async def clip_outcome(media: Media, path: Path) -> str:
    began = time.monotonic()
    try:
        await media.fit_clip(path, path.with_suffix(".out"), limit=10_000_000)
    except BadClip:
        return "refused"
    finally:
        assert time.monotonic() - began < MAX_SECONDS
    return "fitted"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_bombs_burst_in_the_child_and_our_own_memory_stays_small(media: Media) -> None:
    before, bomb = our_memory(), png_bomb()
    with pytest.raises(MediaError):
        await media.clean_picture(bomb)
    assert our_memory() - before < 50_000
