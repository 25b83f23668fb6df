"""Copies by direct message, and reports."""

import pytest

from cogs.actions.share import Sharing, sharing_nonce
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from playground.discord.model import MessageFlag
from storage import GuildSettings
from tests.away_store import AwayStore
from tests.blob_files import clip_path
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import JOB


async def test_the_owner_gets_the_clip_by_direct_message(opened: BotSetup) -> None:
    ada, grace = opened.playground.member("ada"), opened.playground.member("grace")
    job = await opened.done(ada)
    sharing = Sharing(opened.context)
    with pytest.raises(Refusal, match="not_yours"):
        await sharing.send(opened.requester(grace), job)
    await sharing.send(opened.requester(ada), job)
    [copy] = ada.inbox
    assert copy.attachments[0].filename == f"animate-{job.short}.mp4"
    assert job.params.prompt in copy.content
    assert copy.flags & MessageFlag.SUPPRESS_EMBEDS


async def test_a_copy_of_a_spoiler_is_one(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    job = await opened.done(ada, spoiler=True)
    await Sharing(opened.context).send(opened.requester(ada), job)
    assert ada.inbox[0].attachments[0].filename == f"SPOILER_animate-{job.short}.mp4"


async def test_a_copy_needs_a_clip_and_open_direct_messages(opened: BotSetup) -> None:
    ada = opened.playground.member("ada", accepts_dms=False)
    job = await opened.done(ada)
    with pytest.raises(Refusal, match="no_dms"):
        await Sharing(opened.context).send(opened.requester(ada), job)
    clip_path(opened.context.files, job.clip or "").unlink()
    with pytest.raises(Refusal, match="clip_gone"):
        await Sharing(opened.context).send(opened.requester(ada), job)


DM = "^POST .*/messages$"


WHY = {
    (403, 50278): "no_dms",
    (403, 20009): "explicit",
    (403, 40003): "not_now",
    (403, 987654): "by_discord",
}


async def test_why_there_is_no_copy_is_said_by_discords_code(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    job = await opened.done(ada)
    for (status, code), refusal in WHY.items():
        opened.playground.discord.fail(status, route=DM, code=code)
        with pytest.raises(Refusal) as refused:
            await Sharing(opened.context).send(opened.requester(ada), job)
        assert refused.value.code == refusal
        assert render_refusal("en-US", refused.value)
    assert ada.inbox == []


async def test_a_copy_is_changed_to_what_discord_takes(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    job = await opened.done(ada)
    opened.playground.discord.fail(413, route=DM, code=40005)
    opened.playground.discord.fail(400, route=DM, code=240000)
    await Sharing(opened.context).send(opened.requester(ada), job)
    [copy] = ada.inbox
    assert job.params.prompt not in copy.content


async def test_a_copy_whose_answer_cannot_be_read_is_sent_once(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    job = await opened.done(ada)
    opened.playground.discord.unreadable_after_processing(DM)
    await Sharing(opened.context).send(opened.requester(ada), job)
    assert len(ada.inbox) == 1


async def test_a_report_that_discord_does_not_take_says_why(opened: BotSetup) -> None:
    playground, grace = opened.playground, opened.playground.member("grace")
    job, channel = await opened.queued(playground.member("ada")), playground.channel_named("reports")
    await opened.context.store.set_guild_settings(
        playground.guild.id, GuildSettings(report_channel=channel.id)
    )
    for status, code, refusal in ((403, 50001, "no_report_channel"), (403, 40333, "not_now")):
        playground.discord.fail(status, route=DM, code=code)
        with pytest.raises(Refusal, match=refusal):
            await Sharing(opened.context).report(opened.requester(grace), job)


async def test_a_report_goes_to_the_report_channel_and_pings_nobody(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    ada, grace = playground.member("ada"), playground.member("grace")
    job, sharing = await opened.queued(ada), Sharing(context)
    with pytest.raises(Refusal, match="no_report_channel"):
        await sharing.report(opened.requester(grace), job)
    channel = playground.channel_named("reports")
    await context.store.set_guild_settings(playground.guild.id, GuildSettings(report_channel=channel.id))
    await sharing.report(opened.requester(grace), job)
    await sharing.report(opened.requester(grace), job)
    [report] = playground.state.messages_in(channel.id)
    assert ada.mention in report.content
    assert grace.mention in report.content
    assert not report.pinged
    assert report.flags & MessageFlag.SUPPRESS_EMBEDS


def test_a_nonce_stands_for_a_kind_a_job_and_a_person(opened: BotSetup) -> None:
    one, two = (opened.requester(opened.playground.member(name)) for name in ("ada", "grace"))
    assert len({sharing_nonce(kind, JOB, who) for kind in ("copy", "flag") for who in (one, two)}) == 4
    assert len(sharing_nonce("copy", JOB, one)) == 25


async def test_the_same_copy_is_sent_once_in_a_while_and_a_failed_one_may_be_repeated(
    opened: BotSetup,
) -> None:
    ada = opened.playground.member("ada", accepts_dms=False)
    job, sharing = await opened.done(ada), Sharing(opened.context)
    for _ in range(2):
        with pytest.raises(Refusal, match="no_dms"):
            await sharing.send(opened.requester(ada), job)
    grace = opened.playground.member("grace")
    other = await opened.done(grace, "b")
    await sharing.send(opened.requester(grace), other)
    with pytest.raises(Refusal, match="copied"):
        await sharing.send(opened.requester(grace), other)
    assert len(grace.inbox) == 1


async def test_a_copy_of_a_clip_that_cannot_be_read_now_may_be_asked_for_again(opened: BotSetup) -> None:
    ada, files = opened.playground.member("ada"), opened.context.files
    job, away = await opened.done(ada), AwayStore(clip_path(files, "").parent)
    files._store, away.away = away, True
    sharing = Sharing(opened.context)
    with pytest.raises(Refusal, match="storage_away"):
        await sharing.send(opened.requester(ada), job)
    away.away = False
    await sharing.send(opened.requester(ada), job)
    assert len(ada.inbox) == 1
