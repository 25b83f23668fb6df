"""Delivery of a finished clip: once, wherever Discord takes it."""

import asyncio
import itertools
import math
import re
import time
import urllib.error
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import discord
import pytest
from pydantic import SecretStr

from cogs.actions.delete import DeletionWorker, request_deletion
from cogs.actions.share import Sharing
from cogs.discord_api.requests import LEASE_MARGIN
from cogs.messages import upload_limits
from cogs.messages.delivery import ResultMessage
from cogs.messages.delivery_policy import MAX_UNCLEAR_TRIES, backoff
from cogs.messages.sent_results import file_name
from jobs.errors import JobFailure
from media import replacing
from playground.discord.faults import Unreadable
from playground.discord.model import Message, MessageFlag
from playground.discord.permissions import Permission
from storage import LEASE_SECONDS, Job, Lease, LeaseLost, LeaseTerm, Reason, State
from tests.away_store import AwayStore
from tests.blob_files import clip_path
from tests.s3_server import ACCESS, SECRET, s3_server
from tests.sampling import one_in
from tests.unit.cogs.bot_setup import BotSetup, opened_application, write_noise
from tests.unit.media.sample_clips import gradient_frames, write_clip
from tests.unit.media.sample_sounds import LOUDNESS, listen, write_sounding_clip
from tests.unit.media.test_media import hold
from tests.unit.storage.blobs.test_s3 import load

POST = "^POST .*/messages$"


def test_a_file_is_opened_anew_for_each_try(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"a clip")
    for file in (path, b"a clip"):
        message = ResultMessage(text="", file=file, name="clip.mp4", alt="words", spoiler=True)
        for _ in range(2):
            opened = message.open()
            assert opened.fp.read() == b"a clip"
            assert (opened.filename, opened.description) == ("SPOILER_clip.mp4", "words")
            opened.close()
        assert message.size == 6


async def test_the_result_is_a_reply_with_the_clip_its_owner_and_a_reaction(bot: BotSetup) -> None:
    ada, playground = bot.playground.member("ada"), bot.playground
    lease = await bot.delivering(ada)
    await bot.context.messages.announcer.deliver(lease)
    job = await bot.context.store.job(lease.job.id)
    assert job.state is State.DONE
    result = playground.state.messages[job.result_message or 0]
    assert result.reply_to == job.status_message
    assert result.pinged == {ada.id}
    assert [file.filename for file in result.attachments] == [file_name(job, "mp4")]
    assert list(result.reactions) == ["🔁"]
    await bot.reads(job.status_message, "Done")
    assert result.flags & bot.status(job).flags & MessageFlag.SUPPRESS_EMBEDS


async def test_where_the_channel_is_closed_it_goes_by_direct_message(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.forbid(Permission.SEND_MESSAGES)
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    assert [message.id for message in ada.inbox] == [job.result_message]
    assert job.result_channel != job.channel_id


async def test_where_no_way_is_open_it_fails_with_the_first_reason(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada", accepts_dms=False))
    opened.playground.forbid(Permission.VIEW_CHANNEL)
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(lease)
    assert failure.value.reason.code == "cannot_send"


async def test_a_guild_that_was_left_is_named_as_the_reason(bot: BotSetup) -> None:
    playground, client = bot.playground, bot.context.client
    lease = await bot.delivering(playground.member("ada", accepts_dms=False))
    await bot.until(lambda: client.is_ready() and client.get_guild(playground.guild.id))
    playground.state.leave(playground.guild, playground.bot_user.id)
    await bot.until(lambda: client.get_guild(playground.guild.id) is None)
    with pytest.raises(JobFailure) as failure:
        await bot.context.messages.announcer.deliver(lease)
    assert failure.value.reason.code == "guild_left"


async def test_a_client_that_was_never_connected_delivers_as_the_others_do(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground, client = opened.playground, opened.context.client
    assert not client.is_ready()
    assert not client.guilds
    playground.state.change_guild(replace(playground.guild, boost_level=3))
    lease = await opened.delivering(playground.member("ada"), clip=write_noise)
    size = clip_path(opened.context.files, lease.job.clip or "").stat().st_size
    for limit in ("OLD_LIMIT", "NEW_LIMIT"):  # without boosts it would have to be made smaller
        monkeypatch.setattr(upload_limits, limit, size // 2 + upload_limits.REQUEST_OVERHEAD)
    await opened.context.messages.announcer.deliver(lease)
    [clip] = clips(opened)
    assert len(clip.attachments[0].data) > size // 2
    assert list(clip.reactions) == ["🔁"]
    await opened.reads(lease.job.status_message, "Done")


async def test_a_client_that_was_never_connected_knows_that_the_guild_was_left(opened: BotSetup) -> None:
    playground = opened.playground
    lease = await opened.delivering(playground.member("ada", accepts_dms=False))
    playground.state.leave(playground.guild, playground.bot_user.id)
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(lease)
    assert failure.value.reason.code == "guild_left"


async def test_a_delivery_whose_lease_is_about_to_end_sends_nothing_and_stays_for_others(
    opened: BotSetup,
) -> None:
    lease, sent = await opened.delivering(opened.playground.member("ada")), len(opened.playground.messages)
    frozen = replace(lease, term=LeaseTerm(clock=itertools.chain([0.0], itertools.repeat(51.0)).__next__))
    with pytest.raises(LeaseLost):
        await opened.context.messages.announcer.deliver(frozen)
    row = await opened.context.store.job(lease.job.id)
    assert (row.state, row.epoch, row.tries) == (State.DELIVERING, lease.job.epoch, 0)
    assert len(opened.playground.messages) == sent


async def test_a_process_that_is_stopped_while_it_sends_leaves_one_result(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    elapsed = [0.0]
    frozen = replace(lease, term=LeaseTerm(clock=lambda: elapsed[0]))
    opened.playground.discord.slow(POST, 0.3)
    elapsed[0] = LEASE_SECONDS - LEASE_MARGIN - 0.1  # the request may still begin, and takes too long
    delivering = asyncio.create_task(opened.context.messages.announcer.deliver(frozen))
    await asyncio.wait([delivering], timeout=0.05)
    elapsed[0] = 2 * LEASE_SECONDS
    with pytest.raises(LeaseLost):
        await delivering
    await opened.context.messages.announcer.deliver(replace(lease, adopted=True))
    assert (await opened.context.store.job(lease.job.id)).result_message in {
        each.id for each in clips(opened)
    }
    assert len(clips(opened)) == 1


async def test_where_discord_cannot_be_reached_it_is_postponed_and_then_sent_once(opened: BotSetup) -> None:
    context, discord = opened.context, opened.playground.discord
    lease = await opened.delivering(opened.playground.member("ada"))
    discord.cut_after_processing("^POST .*/messages$")
    await context.messages.announcer.deliver(lease)
    job = await context.store.job(lease.job.id)
    assert (job.state, job.tries) == (State.DELIVERING, 1)
    await context.messages.announcer.deliver(Lease(job=job, adopted=True))
    assert (await context.store.job(job.id)).state is State.DONE
    assert sum(bool(each.attachments) for each in opened.playground.messages) == 1


async def test_a_job_that_is_to_be_cancelled_is_not_sent(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    reason = Reason(code="by_person")
    job = await opened.context.store.cancel(lease.job.id, mover="person 1", reason=reason)
    assert job
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(Lease(job=job, adopted=False))
    assert failure.value.reason.code == "cancelled"
    assert opened.playground.messages[-1].id == job.status_message


async def test_a_clip_of_a_spoiler_is_one_and_is_recognized_where_only_discords_answer_was_lost(
    opened: BotSetup,
) -> None:
    context = opened.context
    lease = await opened.delivering(opened.playground.member("ada"), spoiler=True)
    opened.playground.discord.cut_after_processing("^POST .*/messages$")
    await context.messages.announcer.deliver(lease)
    job = await context.store.job(lease.job.id)
    await context.messages.announcer.deliver(Lease(job=job, adopted=True))
    files = [file.filename for message in opened.playground.messages for file in message.attachments]
    assert files == [f"SPOILER_{file_name(job, 'mp4')}"]


async def test_a_poster_of_a_spoiler_is_one(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"), spoiler=True)
    opened.playground.discord.fail(413, route="POST /channels/.*/messages", code=40005, times=2)
    await opened.context.messages.announcer.deliver(lease)
    files = [file.filename for message in opened.playground.messages for file in message.attachments]
    assert files == [f"SPOILER_{file_name(lease.job, 'jpg')}"]


async def delivered_after(opened: BotSetup, lease: Lease) -> Job:
    """The job after a try that is postponed and one that is not."""
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    assert (job.state, job.tries) == (State.DELIVERING, lease.job.tries + 1)
    await opened.context.messages.announcer.deliver(Lease(job=job, adopted=True))
    return await opened.context.store.job(lease.job.id)


def clips(opened: BotSetup) -> list[Message]:
    """The messages with a file."""
    return [each for each in opened.playground.state.messages.values() if each.attachments]


@pytest.mark.parametrize(("status", "code"), [(403, 40333), (404, 0)])
async def test_what_passes_or_is_unknown_costs_no_clip_its_channel(
    opened: BotSetup, status: int, code: int
) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.discord.fail(status, route=POST, code=code)
    job = await delivered_after(opened, lease)
    assert [each.id for each in clips(opened)] == [job.result_message]
    assert ada.inbox == []


async def test_cloudflares_page_is_waited_for(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.discord.fail_with_page(403, route=POST)
    await delivered_after(opened, lease)
    assert ada.inbox == []


@pytest.mark.parametrize("body", one_in(2, Unreadable))
@pytest.mark.parametrize("taken", [True, False])
async def test_an_answer_that_cannot_be_read_leaves_one_clip_and_its_link(
    opened: BotSetup, body: Unreadable, taken: bool
) -> None:
    discord = opened.playground.discord
    lease = await opened.delivering(opened.playground.member("ada"))
    spoil = discord.unreadable_after_processing if taken else discord.unreadable_before_processing
    spoil(POST, body=body)
    job = await delivered_after(opened, lease)
    assert [each.id for each in clips(opened)] == [job.result_message]
    await opened.reads(job.status_message, f"/{job.result_message}")


async def test_a_clip_that_was_deleted_before_it_was_noted_is_not_sent_again(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    opened.playground.discord.cut_after_processing(POST)
    await opened.context.messages.announcer.deliver(lease)
    [clip] = clips(opened)
    opened.playground.state.delete(clip)
    job = await opened.context.store.job(lease.job.id)
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(Lease(job=job, adopted=True))
    assert failure.value.reason.code == "deleted"
    assert clips(opened) == []


@pytest.mark.parametrize(("status", "code"), [(400, 240000), (400, 200000), (400, 200001)])
async def test_a_text_that_a_filter_blocks_goes_without_the_prompt(
    opened: BotSetup, status: int, code: int
) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.discord.fail(status, route=POST, code=code)
    await opened.context.messages.announcer.deliver(lease)
    [clip] = clips(opened)
    assert lease.job.params.prompt not in clip.content
    assert "The prompt is left out" in clip.content
    assert clip.attachments[0].description == "AI-generated clip"
    assert clip.pinged == {ada.id}


async def test_explicit_content_goes_by_dm_or_fails_in_words_that_blame_no_permission(
    opened: BotSetup,
) -> None:
    ada, bob = opened.playground.member("ada"), opened.playground.member("bob", accepts_dms=False)
    for_ada, for_bob = await opened.delivering(ada, "a"), await opened.delivering(bob, "b")
    opened.playground.discord.fail(
        403, times=2, route=f"^POST .*/{opened.playground.channel.id}/messages", code=20009
    )
    await opened.context.messages.announcer.deliver(for_ada)
    assert len(ada.inbox) == 1
    with pytest.raises(JobFailure) as failure:
        await opened.context.messages.announcer.deliver(for_bob)
    assert failure.value.reason.code == "explicit"


async def test_what_stays_unclear_goes_by_dm_after_some_tries(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    route = f"^POST .*/{opened.playground.channel.id}/messages"
    opened.playground.discord.fail(403, times=2, route=route, code=987654)
    await opened.context.store.database.fetch("UPDATE job SET tries = :n", {"n": MAX_UNCLEAR_TRIES - 1})
    job = await delivered_after(opened, await opened.context.store.current(lease))
    assert [each.id for each in ada.inbox] == [job.result_message]


async def test_a_slow_channel_is_waited_for_as_long_as_it_says(opened: BotSetup) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    err = discord.HTTPException(SlowMode(), {"code": 20016, "message": ""})  # type: ignore[arg-type]
    job = await opened.context.store.postpone(lease, backoff(0, err))
    assert (job.lease_until or 0) - time.time() > 280


class SlowMode:
    """What discord.py keeps of a 429 of a slow channel."""

    status, reason, headers = 429, "Too Many Requests", MappingProxyType({"Retry-After": "300"})


async def test_a_refused_size_is_learnt_and_the_next_clip_of_the_guild_is_not_refused(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await opened.delivering(opened.playground.member("ada"), "a", clip=write_noise)
    second = await opened.delivering(opened.playground.member("bob"), "b", clip=write_noise)
    size = clip_path(opened.context.files, first.job.clip or "").stat().st_size
    monkeypatch.setattr(upload_limits, "REQUEST_OVERHEAD", 0)
    monkeypatch.setattr(upload_limits, "OLD_LIMIT", size // 2)
    opened.playground.discord.fail(413, route=POST, code=40005)
    await opened.context.messages.announcer.deliver(first)
    await opened.context.messages.announcer.deliver(second)
    assert [len(each.attachments[0].data) <= size // 2 for each in clips(opened)] == [True, True]
    assert all("re-encoded" in each.content for each in clips(opened))
    refused = [each for each in opened.playground.discord.requests if each.status == 413]
    assert len(refused) == 1
    learnt = await opened.context.store.upload_limits(since=0)
    assert [(each.guild_id, each.bytes) for each in learnt] == [(opened.playground.guild.id, size // 2)]


async def test_a_clip_arrives_with_its_sound_and_so_does_its_copy(opened: BotSetup, tmp_path: Path) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada, clip=write_sounding_clip)
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    await Sharing(opened.context).send(opened.requester(ada), job)
    for number, message in enumerate((clips(opened)[0], ada.inbox[0])):
        path = tmp_path / f"{number}.mp4"
        await asyncio.to_thread(path.write_bytes, message.attachments[0].data)
        heard = await asyncio.to_thread(listen, path)
        assert heard
        assert heard.loudness == pytest.approx([LOUDNESS] * 4, rel=0.1)


async def test_an_extension_sounds_in_both_parts_and_each_clip_is_kept_as_it_came(
    opened: BotSetup, tmp_path: Path
) -> None:
    ada, store = opened.playground.member("ada"), opened.context.store
    first = await opened.delivering(ada, "a", clip=write_sounding_clip)
    await opened.context.messages.announcer.deliver(first)
    second = await opened.delivering(ada, "b", clip=write_silent_clip, after=first.job.id)
    await opened.context.messages.announcer.deliver(second)
    path = tmp_path / "joined.mp4"
    await asyncio.to_thread(path.write_bytes, clips(opened)[-1].attachments[0].data)
    heard = await asyncio.to_thread(listen, path)
    assert heard
    assert heard.loudness[0] == pytest.approx(LOUDNESS, rel=0.1)
    assert heard.loudness[3] == pytest.approx(0, abs=0.01)
    assert (await store.job(second.job.id)).state is State.DONE
    files = opened.context.files
    kept = {each.name for each in clip_path(files, "").iterdir()}
    assert kept == {f"{first.job.id}.mp4", f"{second.job.id}.mp4", f"{second.job.id}.joined.mp4"}
    assert list(files.scratch_path("").iterdir()) == []


def write_silent_clip(path: Path) -> None:
    write_clip(path, gradient_frames())


async def test_a_file_that_is_held_open_costs_nobody_the_clip(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    monkeypatch.setattr(replacing, "REPLACE_SECONDS", 0.01)
    with monkeypatch.context() as held:
        hold(held, "", math.inf)
        await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    assert (job.state, job.tries) == (State.DELIVERING, 1)
    await opened.context.messages.announcer.deliver(Lease(job=job, adopted=True))
    assert (await opened.context.store.job(job.id)).state is State.DONE


async def test_what_stands_in_scratch_under_the_name_of_another_delivery_is_not_touched(
    opened: BotSetup,
) -> None:
    lease = await opened.delivering(opened.playground.member("ada"))
    other = opened.context.files.unique_scratch_path(f"{lease.job.id}.fitted.mp4")
    await asyncio.to_thread(other.write_bytes, b"being sent")
    await opened.context.messages.announcer.deliver(lease)
    assert await asyncio.to_thread(other.read_bytes) == b"being sent"


async def test_a_clip_that_cannot_be_read_yet_is_sent_later_and_the_status_says_so(opened: BotSetup) -> None:
    lease, files = await opened.delivering(opened.playground.member("ada")), opened.context.files
    away = AwayStore(clip_path(files, "").parent)
    files._store, away.away = away, True
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    assert (job.state, job.tries) == (State.DELIVERING, 1)
    await opened.reads(job.status_message, "cannot be read at the moment")
    away.away = False
    await opened.context.messages.announcer.deliver(Lease(job=job, adopted=True))
    assert (await opened.context.store.job(job.id)).state is State.DONE


@pytest.mark.parametrize("days", [0, 2])
async def test_a_clip_too_large_for_discord_is_a_link_that_ends_with_its_job(
    tmp_path: Path, days: float
) -> None:
    bucket = s3_server().bucket()
    settings = {
        "blob_url": f"s3://{bucket.name}/bot?endpoint={bucket.endpoint}",
        "aws_access_key_id": SecretStr(ACCESS),
        "aws_secret_access_key": SecretStr(SECRET),
        "clip_link_days": days,
    }
    async with opened_application(tmp_path, **settings) as opened:
        ada, store = opened.playground.member("ada"), opened.context.store
        lease = await opened.delivering(ada, spoiler=True)
        opened.playground.discord.fail(413, times=2, route=POST, code=40005)
        await opened.context.messages.announcer.deliver(lease)
        job = await store.job(lease.job.id)
        result = opened.playground.state.messages[job.result_message or 0]
        assert [each.filename for each in result.attachments] == [f"SPOILER_animate-{job.short}.jpg"]
        links = re.findall(r"\|\|(http\S+)\|\|", result.content)
        assert len(links) == (days > 0)
        assert list(opened.context.files.scratch_path("").iterdir()) == []
        if links:
            [until] = map(int, re.findall(r"<t:(\d+):f>", result.content))
            assert until == pytest.approx(time.time() + 2 * 86400, abs=60)
            assert (await asyncio.to_thread(load, links[0]))[1] == "video/mp4"
            await store.set_end_announced(job.id)
            await request_deletion(opened.context, job)
            await DeletionWorker(opened.context).process_marked()
            with pytest.raises(urllib.error.HTTPError, match="404"):
                await asyncio.to_thread(load, links[0])
