"""Pictures on a server: fitted, sent once for each connection, remembered within bounds."""

import asyncio
from dataclasses import replace

import pytest

import comfy
from jobs import uploads as uploads_module
from jobs.uploads import Pictures, Uploads, last_picture_name, picture_name
from media import BadPicture, PictureFault
from storage import Job
from tests.unit.jobs.job_setup import PICTURE, JobSetup
from tests.unit.jobs.scripted_server import ScriptedServer


@pytest.fixture
def uploads(setup: JobSetup, server: ScriptedServer) -> Uploads:
    return Uploads(server, setup.files, setup.media)


async def of_size(setup: JobSetup, key: str, width: int) -> Job:
    """A job for the same picture, cut to another size."""
    job = await setup.admit(key)
    return replace(job, params=replace(job.params, width=width))


async def test_a_picture_is_cut_to_size_and_sent_once(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job, reroll = await setup.admit("a"), await setup.admit("b")
    name = f"{job.picture[:16]}-832x480.png"
    assert await uploads.send(job) == await uploads.send(reroll) == Pictures(image=f"animate/{name} [temp]")
    assert server.calls == [("upload", name)]
    assert setup.media.asked == ["fit_picture"]


async def test_another_size_is_another_upload(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    jobs = [await of_size(setup, "a", 832), await of_size(setup, "b", 480)]
    references = {await uploads.send(job) for job in jobs}
    assert len(references) == server.times("upload") == 2
    assert {picture_name(job).rpartition("-")[2] for job in jobs} == {"832x480.png", "480x480.png"}


async def test_two_who_send_the_same_at_once_send_it_once(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await setup.admit()
    await asyncio.gather(uploads.send(job), uploads.send(job))
    assert server.times("upload") == 1


async def test_after_a_reconnection_it_is_sent_again(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await setup.admit()
    await uploads.send(job)
    server.restart()
    await uploads.send(job)
    assert server.times("upload") == 2


async def test_what_the_server_says_is_not_there_is_sent_again(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await setup.admit()
    uploads.forget(job)  # nothing was sent: nothing to forget
    await uploads.send(job)
    uploads.forget(job)
    await uploads.send(job)
    assert server.times("upload") == 2


async def test_a_failed_upload_is_not_remembered(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await setup.admit()
    server.fails("upload", comfy.ServerUnreachable(reason="refused"))
    with pytest.raises(comfy.ServerUnreachable):
        await uploads.send(job)
    await uploads.send(job)
    assert server.times("upload") == 2


async def test_only_so_many_are_remembered(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "MAX_REMEMBERED", 2)
    jobs = [await of_size(setup, str(width), width) for width in (64, 128, 192)]
    for job in (*jobs, jobs[2], jobs[1], jobs[0]):
        await uploads.send(job)
    assert server.times("upload") == 4


async def test_what_is_wrong_with_a_picture_is_raised(setup: JobSetup, uploads: Uploads) -> None:
    job = await setup.admit()
    setup.media.error = BadPicture(PictureFault.BROKEN)
    with pytest.raises(BadPicture):
        await uploads.send(job)
    with pytest.raises(FileNotFoundError):
        await uploads.send(replace(job, picture="0" * 64))


async def test_a_picture_is_overwritten_where_it_may_be_and_sent_again_when_it_is_needed(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await setup.admit("a")
    name = picture_name(job)
    assert await uploads.erase(name, was_there=False)  # this server never had it
    assert server.calls == []
    reference = await uploads.send(job)
    assert await uploads.erase(name, was_there=False)
    assert await uploads.erase(name, was_there=True)  # as after a restart of the bot
    assert server.calls[1:] == [("overwrite", picture_name(job))] * 2
    assert await uploads.send(job) != reference  # other bytes have its name now
    server.disconnect()
    assert not await uploads.erase(name, was_there=True)
    assert server.times("overwrite") == 2


async def ending(setup: JobSetup, key: str, last: bytes) -> Job:
    """A job whose clip ends on this picture."""
    return await setup.admit(key, last_picture=await setup.files.save_picture(last))


async def test_the_last_picture_is_cut_and_sent_under_its_own_name(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job, other_end = await ending(setup, "a", b"the end"), await ending(setup, "b", b"another end")
    first, last = picture_name(job), last_picture_name(job)
    assert last == f"{(job.last_picture or '')[:16]}-832x480.png" != first
    assert await uploads.send(job) == Pictures(
        image=f"animate/{first} [temp]", last_image=f"animate/{last} [temp]"
    )
    await uploads.send(other_end)
    assert server.calls == [("upload", name) for name in (first, last, last_picture_name(other_end))]
    assert setup.media.asked == ["fit_picture"] * 3


async def test_a_loop_sends_its_picture_once(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await ending(setup, "a", PICTURE)
    sent = await uploads.send(job)
    assert sent.image == sent.last_image
    assert server.times("upload") == 1


async def test_both_pictures_are_sent_again_when_the_server_says_that_one_is_not_there(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await ending(setup, "a", b"the end")
    await uploads.send(job)
    uploads.forget(job)
    await uploads.send(job)
    assert server.times("upload") == 4


async def test_a_failed_upload_of_the_last_picture_leaves_the_first_remembered(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await ending(setup, "a", b"the end")
    await uploads.send(await setup.admit("b"))
    server.fails("upload", comfy.ServerUnreachable(reason="refused"))
    with pytest.raises(comfy.ServerUnreachable):
        await uploads.send(job)
    await uploads.send(job)
    assert server.times("upload") == 3


async def test_one_of_two_pictures_is_overwritten(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await ending(setup, "a", b"the end")
    await uploads.send(job)
    await uploads.erase(last_picture_name(job) or "", was_there=False)
    assert server.calls[2:] == [("overwrite", last_picture_name(job))]
    await uploads.send(job)
    assert server.times("upload") == 3


async def test_pictures_of_a_clip_without_a_size_are_sent_whole(
    setup: JobSetup, server: ScriptedServer, uploads: Uploads
) -> None:
    job = await ending(setup, "a", b"the end")
    job = replace(job, params=replace(job.params, width=None, height=None))
    await uploads.send(job)
    names = [f"{each[:16]}-whole.png" for each in job.pictures]
    assert server.calls == [("upload", name) for name in names]
    assert setup.media.asked == []
