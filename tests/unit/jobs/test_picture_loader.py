"""Pictures on their way to the disk: checked, loaded, cleaned, stored; or refused, with nothing loaded."""

import asyncio
from pathlib import Path

import pytest

from jobs.errors import Refusal
from jobs.picture_loader import PICTURE_LIMITS, PictureLoader
from media import BadPicture, PictureFault, ProcessStartFailed
from storage import Blobs
from tests.away_store import AwayStore
from tests.blob_files import clip_path
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.sample_jobs import JOB


async def allow() -> None:
    """A check that passes."""


async def load() -> bytes:
    return b"a picture"


async def refuse() -> None:
    raise Refusal("blocked_people")


@pytest.fixture
def loader(setup: JobSetup) -> PictureLoader:
    return PictureLoader(setup.files, setup.media)


async def test_a_picture_is_stored_clean(setup: JobSetup, loader: PictureLoader) -> None:
    stored, last = await loader.store(42, allow, load)
    assert last is None
    assert (stored.width, stored.height) == setup.media.size
    assert await setup.files.read_picture(stored.sha256) == b"clean a picture"


async def test_the_check_comes_before_the_picture(setup: JobSetup, loader: PictureLoader) -> None:
    async def never() -> bytes:
        raise AssertionError

    with pytest.raises(Refusal, match="blocked_people"):
        await loader.store(42, refuse, never)
    with pytest.raises(Refusal, match="blocked_people"):
        await loader.store_last_frame(42, refuse, JOB)
    assert setup.media.asked == []


async def test_what_is_no_picture_is_refused_with_its_limit(setup: JobSetup, loader: PictureLoader) -> None:
    fault = PictureFault.TOO_LARGE
    setup.media.error = BadPicture(fault)
    with pytest.raises(Refusal) as refusal:
        await loader.store(42, allow, load)
    assert refusal.value == Refusal(fault.value, limit=PICTURE_LIMITS[fault])
    setup.media.error = ProcessStartFailed()
    with pytest.raises(Refusal, match="internal"):
        await loader.store(42, allow, load)


async def test_a_clip_that_is_gone_has_no_last_frame(loader: PictureLoader) -> None:
    with pytest.raises(Refusal, match="clip_gone"):
        await loader.store_last_frame(42, allow, JOB)


async def load_last() -> bytes:
    return b"the end"


def kept(setup: JobSetup) -> list[str]:
    """The names of all pictures that are stored, and of all that is in scratch."""
    folders = clip_path(setup.files, "x").parents[1] / "pictures", setup.files.scratch_path("x").parent
    return [path.name for folder in folders for path in folder.iterdir()]


async def test_the_last_picture_is_stored_as_clean_as_the_first(
    setup: JobSetup, loader: PictureLoader
) -> None:
    first, last = await loader.store(42, allow, load, load_last)
    assert last
    assert await setup.files.read_picture(first.sha256) == b"clean a picture"
    assert await setup.files.read_picture(last.sha256) == b"clean the end"
    assert sorted(kept(setup)) == sorted([first.sha256, last.sha256])


async def test_the_same_picture_twice_is_stored_once(setup: JobSetup, loader: PictureLoader) -> None:
    first, last = await loader.store(42, allow, load, load)
    assert first == last
    assert kept(setup) == [first.sha256]


async def test_pictures_are_loaded_one_after_the_other_and_each_is_checked_before(
    setup: JobSetup, loader: PictureLoader
) -> None:
    steps = list[str]()

    async def note(step: str, data: bytes = b"") -> bytes:
        steps.append(f"{step} {len(setup.media.asked)}")  # how many have been cleaned
        return data

    async def check() -> None:
        await note("check")

    await loader.store(42, check, lambda: note("first", b"a"), lambda: note("last", b"b"))
    assert steps == ["check 0", "first 0", "check 1", "last 1"]


async def test_a_last_picture_that_is_refused_leaves_no_file(setup: JobSetup, loader: PictureLoader) -> None:
    async def load_broken() -> bytes:
        setup.media.error = BadPicture(PictureFault.BROKEN)
        return b"broken"

    async def load_nothing() -> bytes:
        raise Refusal("picture_gone")

    for wrong in (load_nothing, load_broken):
        with pytest.raises(Refusal):
            await loader.store(42, allow, load, wrong)
        assert kept(setup) == []


async def test_a_limit_that_is_met_before_the_last_picture_leaves_no_file(
    setup: JobSetup, loader: PictureLoader
) -> None:
    checks = iter([allow, refuse])
    with pytest.raises(Refusal, match="blocked_people"):
        await loader.store(42, lambda: next(checks)(), load, load_last)
    assert kept(setup) == []
    assert setup.media.asked == ["clean_picture"]


async def test_one_who_leaves_between_two_pictures_leaves_no_file(
    setup: JobSetup, loader: PictureLoader
) -> None:
    loading = asyncio.Event()

    async def load_for_ever() -> bytes:
        loading.set()
        return await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(loader.store(42, allow, load, load_for_ever))
    await loading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept(setup) == []


async def test_a_clip_is_continued_to_a_picture(setup: JobSetup, loader: PictureLoader) -> None:
    job = (await setup.delivery()).job
    frame, last = await loader.store_last_frame(42, allow, job, load_last)
    assert last
    assert (await setup.files.read_picture(frame)).startswith(b"last of ")
    assert await setup.files.read_picture(last.sha256) == b"clean the end"
    assert await loader.store_last_frame(42, allow, job) == (frame, None)


async def test_nobody_is_told_of_a_full_disk_where_the_store_of_pictures_is_away(
    setup: JobSetup, tmp_path: Path
) -> None:
    away, parent = AwayStore(tmp_path), (await setup.delivery()).job
    loader = PictureLoader(Blobs(away, setup.database, tmp_path, owner="bot"), setup.media)
    away.away = True
    for attempt in (loader.store(42, allow, load), loader.store_last_frame(42, allow, parent)):
        with pytest.raises(Refusal, match="storage_away"):
            await attempt
    assert list((tmp_path / "scratch").iterdir()) == []
