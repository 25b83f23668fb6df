"""Whatever comes is refused or processed: soon, in little memory of ours, and never without an answer."""

import asyncio
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from media import BadClip, BadPicture, Media, MediaError, Picture, PictureFault
from tests.unit.media.clipfiles import film, flipbook, plain_pages
from tests.unit.media.files import opened, png_bomb
from tests.unit.media.hostile import accidents, crafted, fuzzed

SOON = 10  # seconds, with a turn's waiting
AT_ONCE = 8  # asked for together, so that little of that is waiting


async def verdict(media: Media, name: str, data: bytes) -> str:
    """Name what came of a file; anything but a trusted picture or a refusal, in time, fails the test."""
    began = time.monotonic()
    try:
        picture = await media.clean_picture(data)
    except BadPicture as refused:
        result = refused.code.value
    else:
        assert_trusted(picture)
        result = "processed"
    assert time.monotonic() - began < SOON, name
    return result


def assert_trusted(picture: Picture) -> None:
    image = opened(picture.data)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (picture.width, picture.height))
    assert max(image.size) <= 2048
    assert not image.info


async def verdicts(media: Media, files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, data: bytes) -> tuple[str, str]:
        async with gate:
            return name, await verdict(media, name, data)

    return dict(await asyncio.gather(*(one(name, data) for name, data in files)))


def our_memory() -> int:
    """The most that this process ever held, in kilobytes."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def test_every_known_trick_is_refused_or_harmless(media: Media) -> None:
    results = await verdicts(media, crafted().items())
    # Sound pictures with something behind or beside them are pictures: the rest does not survive.
    processed = {name for name, result in results.items() if result == "processed"}
    assert processed == {
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


async def test_files_that_met_an_accident_are_refused_or_processed(
    media: Media, pytestconfig: pytest.Config
) -> None:
    count = 10_000 if pytestconfig.getoption("--long") else 30
    results = await verdicts(media, fuzzed(count))
    assert len(results) == count
    assert set(results.values()) >= {"broken", "processed"}


async def test_clips_that_met_an_accident_are_refused_or_measured(
    media: Media, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    sources = [
        film(tmp_path / "a.mp4", plain_pages()),
        film(tmp_path / "b.webm", plain_pages(), codec="libvpx-vp9"),
        flipbook(tmp_path / "c.webp", plain_pages()),
    ]
    count = 1000 if pytestconfig.getoption("--long") else 10
    fates = set[str]()
    for number, data in enumerate(accidents([path.read_bytes() for path in sources], count)):
        path = tmp_path / f"{number}"
        path.write_bytes(data[1])
        fates.add(await fate(media, path))
    assert fates == {"refused", "fitted"}


async def fate(media: Media, path: Path) -> str:
    began = time.monotonic()
    try:
        await media.fit_clip(path, path.with_suffix(".out"), limit=10_000_000)
    except BadClip:
        return "refused"
    finally:
        assert time.monotonic() - began < SOON
    return "fitted"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_bombs_burst_in_the_child_and_our_own_memory_stays_small(media: Media) -> None:
    before, bomb = our_memory(), png_bomb()
    with pytest.raises(MediaError):
        await media.clean_picture(bomb)
    assert our_memory() - before < 50_000
