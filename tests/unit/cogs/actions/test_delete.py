"""Deletion of a job with everything that belongs to it."""

import asyncio
from dataclasses import replace

import pytest

from cogs.actions import delete
from cogs.actions.delete import DeletionWorker, request_deletion
from playground.discord.faults import Unreadable
from playground.members import Member
from storage import Job, Reason, Request, State
from tests.blob_files import clip_path
from tests.sampling import one_in
from tests.unit.cogs.bot_setup import BotSetup, write_clip
from tests.unit.storage.blobs.test_blobs import refuse_removal


async def test_messages_clip_and_picture_go_and_the_row_last(opened: BotSetup) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await opened.done(opened.playground.member("ada"))
    await context.store.set_end_announced(job.id)
    await request_deletion(context, job)
    opened.playground.discord.cut_before_processing("^DELETE", times=2)
    worker = DeletionWorker(context)
    await worker.process_marked()
    await worker.process_marked()  # not again before the backoff is over
    assert await context.store.find(job.id)
    assert job.status_message in messages
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id) is None
    assert not {job.status_message, job.result_message} & messages.keys()
    assert not clip_path(context.files, job.clip or "").exists()


async def test_a_queued_job_is_cancelled_and_its_end_is_shown_before_it_goes(opened: BotSetup) -> None:
    context = opened.context
    job = await opened.queued(opened.playground.member("ada"))
    await request_deletion(context, job)
    worker = DeletionWorker(context)
    await worker.process_marked()
    assert (await context.store.job(job.id)).state is State.CANCELLED
    await worker.process_marked()
    await opened.reads(job.status_message, "Cancelled")
    await opened.application.context.messages.status_editor.flush()
    await worker.process_marked()
    assert await context.store.find(job.id) is None


async def test_the_worker_deletes_what_is_marked_until_it_is_cancelled(opened: BotSetup) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await opened.done(opened.playground.member("ada"))
    await context.store.set_end_announced(job.id)
    worker = asyncio.create_task(DeletionWorker(context).run())
    await request_deletion(context, job)
    await opened.playground.until(lambda: job.result_message not in messages or None, 5, "it is deleted")
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


async def marked(opened: BotSetup) -> Job:
    """A finished job that is to be deleted."""
    job = await opened.done(opened.playground.member("ada"))
    await opened.context.store.set_end_announced(job.id)
    await request_deletion(opened.context, job)
    return job


@pytest.mark.parametrize(
    ("status", "code"),
    one_in(3, [(403, 40333), (403, 50001), (403, 987654), (404, 0), (400, 130000), (403, 50083), (401, 0)]),
)
async def test_the_row_stays_until_discord_confirms(opened: BotSetup, status: int, code: int) -> None:
    context, messages = opened.context, opened.playground.state.messages
    job = await marked(opened)
    opened.playground.discord.fail(status, route="^DELETE", code=code)
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id)
    assert not clip_path(context.files, job.clip or "").exists()
    await DeletionWorker(context).process_marked()
    assert await context.store.find(job.id) is None
    assert not {job.status_message, job.result_message} & messages.keys()


@pytest.mark.parametrize("body", Unreadable)
async def test_a_page_confirms_no_deletion(opened: BotSetup, body: Unreadable) -> None:
    job = await marked(opened)
    opened.playground.discord.unreadable_before_processing("^DELETE", body=body)
    await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id)
    await DeletionWorker(opened.context).process_marked()
    assert job.status_message not in opened.playground.state.messages


@pytest.mark.parametrize("code", [10003, 10008])
async def test_what_is_gone_already_counts_as_deleted(opened: BotSetup, code: int) -> None:
    job = await marked(opened)
    opened.playground.discord.fail(404, times=2, route="^DELETE", code=code)
    await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id) is None


async def test_in_a_guild_that_the_bot_has_left_the_row_goes_without_the_messages(bot: BotSetup) -> None:
    playground, client = bot.playground, bot.context.client
    await client.wait_until_ready()  # before, no guild is known
    job = await bot.done(playground.member("ada"))
    await bot.context.store.set_end_announced(job.id)
    playground.state.leave(playground.guild, playground.bot_user.id)
    await bot.until(lambda: client.get_guild(playground.guild.id) is None)
    await request_deletion(bot.context, job)
    await DeletionWorker(bot.context).process_marked()
    assert await bot.context.store.find(job.id) is None
    assert job.result_message in playground.state.messages


async def follow_up(
    opened: BotSetup,
    owner: Member,
    parent: Job,
    key: str,
    picture: bytes | None = None,
    last: bytes | None = None,
    **changes: object,
) -> Job:
    """A queued job of this parent: a reroll, or an extension that starts with a frame of its own."""
    files = opened.context.files
    request = Request(
        key=key,
        user_id=owner.id,
        guild_id=parent.guild_id,
        channel_id=parent.channel_id,
        locale="en-US",
        params=replace(parent.params, **changes),
        picture=await files.save_picture(picture) if picture else parent.picture,
        last_picture=await files.save_picture(last) if last else parent.last_picture,
        parent=parent.id,
    )
    job = (await opened.context.store.admit(request, limit=99)).job
    await opened.context.messages.status.post(job, "queued")
    return await opened.context.store.job(job.id)


async def finished(opened: BotSetup, job: Job) -> Job:
    """The queued job as it is when its clip was sent, with every file that it may have."""
    store, files = opened.context.store, opened.context.files
    lease = await store.claim("gpu", {job.params.workflow})
    assert lease
    assert lease.job.id == job.id
    for name in (f"{job.id}.mp4", f"{job.id}.joined.mp4"):
        await asyncio.to_thread(write_clip, clip_path(files, name))
    lease = await store.move(lease, State.DOWNLOADING, seconds=2.0)
    lease = await store.move(lease, State.DELIVERING, clip=f"{job.id}.mp4")
    result = opened.post(f"result of {job.key}")
    job = (await store.move(lease, State.DONE, result_message=result.id)).job
    await store.set_end_announced(job.id)
    return job


def kept(opened: BotSetup, folder: str) -> set[str]:
    """The names of the files that the bot keeps."""
    return {path.name for path in (clip_path(opened.context.files, "").parent / folder).iterdir()}


async def test_others_lose_the_files_that_they_made_of_it_and_keep_their_messages(opened: BotSetup) -> None:
    context = opened.context
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob")
    first = await finished(opened, await opened.queued(ada))
    reroll = await finished(opened, await follow_up(opened, bob, first, "reroll"))
    extended = await finished(
        opened, await follow_up(opened, bob, reroll, "extended", b"a frame", after=reroll.id)
    )
    own = await opened.done(bob, "own", prompt="his own")
    frame = await context.files.save_picture(b"his own picture")
    await request_deletion(context, first)
    await DeletionWorker(context).process_marked()
    assert await context.store.find(first.id) is None
    assert kept(opened, "clips") == {own.clip}
    assert kept(opened, "pictures") == {own.picture, frame}
    for job in (reroll, extended):
        left = await context.store.job(job.id)
        assert (left.picture, left.clip, left.params.after) == ("", None, None)
        assert {job.status_message, job.result_message} <= opened.playground.state.messages.keys()
    assert await context.store.withdrawn() == []


async def test_each_of_two_pictures_goes_unless_another_job_has_it(opened: BotSetup) -> None:
    context = opened.context
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob")
    own = await finished(opened, await opened.queued(bob))  # bob's own, of the same bytes
    first = await finished(opened, await follow_up(opened, ada, own, "first", b"a frame", last=b"the end"))
    loop = await finished(opened, await follow_up(opened, ada, own, "loop", b"round", last=b"round"))
    back = await finished(opened, await follow_up(opened, ada, first, "back", b"back", last=b"a picture"))
    erased = list[tuple[str, str]]()

    async def erase_uploads(job: Job, picture: str) -> None:
        erased.append((job.id, picture))

    for job in (first, loop, back):
        await request_deletion(context, job)
    await DeletionWorker(context, erase_uploads).process_marked()
    assert kept(opened, "pictures") == {own.picture}
    assert sorted(erased) == sorted(
        [(job.id, each) for job in (first, loop, back) for each in job.pictures if each != own.picture]
    )
    assert await context.store.marked_for_deletion() == []


async def test_what_somebody_made_that_ends_on_a_picture_taken_back_loses_both(opened: BotSetup) -> None:
    context = opened.context
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob")
    own = await finished(opened, await opened.queued(bob))
    first = await finished(opened, await follow_up(opened, ada, own, "ends", last=b"the end"))
    reroll = await finished(opened, await follow_up(opened, bob, first, "reroll"))
    await request_deletion(context, first)
    await DeletionWorker(context).process_marked()
    assert (await context.store.job(reroll.id)).pictures == ()
    assert kept(opened, "pictures") == {own.picture}


async def test_a_joined_file_loses_the_clip_that_it_begins_with(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    first = await finished(opened, await opened.queued(ada))
    extended = await finished(
        opened, await follow_up(opened, ada, first, "extended", b"a frame", after=first.id)
    )
    await request_deletion(opened.context, first)
    await DeletionWorker(opened.context).process_marked()
    assert kept(opened, "clips") == {extended.clip}


async def test_a_job_of_somebody_else_that_waits_ends_with_a_kind_reason(opened: BotSetup) -> None:
    context = opened.context
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob")
    first = await finished(opened, await opened.queued(ada))
    waiting = await follow_up(opened, bob, first, "waiting")
    await request_deletion(context, first)
    worker = DeletionWorker(context)
    await worker.process_marked()
    await opened.reads(waiting.status_message, "took them back")
    ended = await context.store.job(waiting.id)
    assert (ended.state, ended.reason) == (State.CANCELLED, Reason(code="withdrawn"))
    assert kept(opened, "pictures") == set()


async def test_a_running_job_of_somebody_else_is_being_stopped_and_keeps_nothing_once_it_has(
    opened: BotSetup,
) -> None:
    context = opened.context
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob")
    first = await finished(opened, await opened.queued(ada))
    running = await follow_up(opened, bob, first, "running")
    lease = await context.store.claim("gpu", {running.params.workflow})
    assert lease
    await request_deletion(context, first)
    worker = DeletionWorker(context)
    await worker.process_marked()
    await opened.reads(running.status_message, "Stopping")
    await context.store.move(await context.store.current(lease), State.CANCELLED)
    await worker.process_marked()
    left = await context.store.job(running.id)
    assert (left.picture, left.reason) == ("", Reason(code="withdrawn"))


async def test_a_file_that_cannot_be_deleted_yet_keeps_the_row_and_no_message(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await marked(opened)
    with monkeypatch.context() as held:
        refuse_removal(held, f"{job.id}.mp4")
        await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id)
    assert not {job.status_message, job.result_message} & opened.playground.state.messages.keys()
    await DeletionWorker(opened.context).process_marked()
    assert await opened.context.store.find(job.id) is None


async def test_a_picture_that_was_sent_again_a_moment_ago_waits_for_its_admission(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob's upload of Ada's picture is between its saving and its admission when Ada deletes her job."""
    context = opened.context
    first = await marked(opened)
    picture = await context.files.save_picture(b"a picture")
    worker = DeletionWorker(context)
    await worker.process_marked()
    assert await context.store.find(first.id), "it waits"
    assert not clip_path(context.files, first.clip or "").exists()
    again = await opened.unposted(opened.playground.member("bob"), "again")
    assert again.picture == picture
    worker._due.clear()
    await worker.process_marked()
    assert await context.store.find(first.id) is None
    assert await context.files.read_picture(picture) == b"a picture"


async def test_a_picture_that_was_sent_again_for_no_job_goes_after_a_while(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = opened.context
    first = await marked(opened)
    picture = await context.files.save_picture(b"a picture")
    monkeypatch.setattr(delete, "ADMISSION_SECONDS", 0)
    await DeletionWorker(context).process_marked()
    assert await context.store.find(first.id) is None
    with pytest.raises(FileNotFoundError):
        await context.files.read_picture(picture)
