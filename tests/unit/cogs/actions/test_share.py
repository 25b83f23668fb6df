"""Copies by direct message, and reports."""

import pytest

from cogs.actions.share import Sharing, sharing_nonce
from jobs.errors import Refusal
from playground.discord.model import MessageFlag
from storage import GuildSettings
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
    opened.context.files.clip_path(job.clip or "").unlink()
    with pytest.raises(Refusal, match="clip_gone"):
        await Sharing(opened.context).send(opened.requester(ada), job)


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
