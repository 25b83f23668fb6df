"""Pictures on their way to the disk: checked, loaded, cleaned, stored; or refused, with nothing loaded."""

import pytest

from jobs.errors import Refusal
from jobs.picture_loader import PICTURE_LIMITS, PictureLoader
from media import BadPicture, PictureFault, ProcessStartFailed
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
    stored = await loader.store(42, allow, load)
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
