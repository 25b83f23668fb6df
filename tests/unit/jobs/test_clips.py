"""The clip to deliver: alone, or joined behind the one that it extends."""

import asyncio
from dataclasses import replace

import pytest

from jobs.clips import ClipJoiner, clip_name, joined_name, smaller_name
from media import BadClip, ClipFault
from storage import Job
from tests.blob_files import clip_path
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.sample_jobs import PARAMS


@pytest.fixture
def joiner(setup: JobSetup) -> ClipJoiner:
    return ClipJoiner(setup.store, setup.files, setup.media)


async def with_clip(setup: JobSetup, key: str, content: bytes, after: str | None = None) -> Job:
    """A job that has a clip on the disk."""
    job = await setup.admit(key, params=replace(PARAMS, after=after))
    await asyncio.to_thread(clip_path(setup.files, clip_name(job)).write_bytes, content)
    return job


async def delivered(joiner: ClipJoiner, job: Job) -> bytes:
    async with joiner.joined_clip(job) as clip:
        return await asyncio.to_thread(clip.path.read_bytes)


async def test_a_clip_that_extends_none_stands_alone(setup: JobSetup, joiner: ClipJoiner) -> None:
    assert await delivered(joiner, await with_clip(setup, "a", b"a")) == b"a"
    assert setup.media.asked == []


async def test_the_file_is_the_one_that_the_row_names(setup: JobSetup, joiner: ClipJoiner) -> None:
    job = await with_clip(setup, "a", b"a")
    async with joiner.joined_clip(replace(job, clip=smaller_name(job))) as clip:
        assert clip.path == clip_path(setup.files, smaller_name(job))


async def test_clips_are_joined_in_order_and_once(setup: JobSetup, joiner: ClipJoiner) -> None:
    first = await with_clip(setup, "a", b"a")
    second = await with_clip(setup, "b", b"b", after=first.id)
    third = await with_clip(setup, "c", b"c", after=second.id)
    assert await delivered(joiner, second) == b"ab"
    assert await delivered(joiner, third) == b"abc"
    async with joiner.joined_clip(third) as clip:
        assert (clip.name, clip.path) == (joined_name(third), clip_path(setup.files, joined_name(third)))
    assert setup.media.asked == ["join_clips"] * 2


async def test_a_clip_whose_beginning_is_no_longer_known_stands_alone(
    setup: JobSetup, joiner: ClipJoiner
) -> None:
    job = await with_clip(setup, "a", b"a", after="00000000-0000-4000-8000-000000000000")
    assert await delivered(joiner, job) == b"a"


async def test_clips_that_cannot_be_joined_stand_alone_but_a_full_disk_is_raised(
    setup: JobSetup, joiner: ClipJoiner
) -> None:
    first = await with_clip(setup, "a", b"a")
    second = await with_clip(setup, "b", b"b", after=first.id)
    setup.media.error = BadClip(ClipFault.NOT_ALIKE)
    assert await delivered(joiner, second) == b"b"
    setup.media.error = BadClip(ClipFault.NO_ROOM)
    with pytest.raises(BadClip):
        await delivered(joiner, second)


async def test_each_file_of_a_job_has_its_own_name(setup: JobSetup) -> None:
    job = await setup.admit()
    names = {clip_name(job), smaller_name(job), joined_name(job)}
    assert names == {f"{job.id}{ending}" for ending in (".mp4", ".smaller.mp4", ".joined.mp4")}


@pytest.mark.parametrize("column", ["unwanted", "withdrawn"])
async def test_a_clip_that_was_taken_back_is_joined_no_more(
    setup: JobSetup, joiner: ClipJoiner, column: str
) -> None:
    first = await with_clip(setup, "a", b"a")
    second = await with_clip(setup, "b", b"b", after=first.id)
    mark = f"UPDATE job SET {column} = 1 WHERE id = :id"  # noqa: S608 - a name of our own
    await setup.store.database.fetch(mark, {"id": first.id})
    assert await delivered(joiner, second) == b"b"
    assert setup.media.asked == []


async def test_a_file_that_is_being_joined_is_not_among_the_clips(
    setup: JobSetup, joiner: ClipJoiner
) -> None:
    first = await with_clip(setup, "a", b"a")
    second = await with_clip(setup, "b", b"b", after=first.id)
    async with joiner.joined_clip(second) as clip:
        assert clip.path == clip_path(setup.files, joined_name(second))
    assert setup.media.written == [setup.files.scratch_path(joined_name(second))]
