"""Cancelling a job for a person."""

import pytest

from cogs.actions.cancel import cancel
from jobs.errors import Refusal
from storage import State
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_owner_and_moderators_cancel_others_do_not_and_what_is_over_is_refused(
    opened: BotSetup,
) -> None:
    ada, grace = opened.playground.member("ada"), opened.playground.member("grace")
    first, second = await opened.queued(ada, "a"), await opened.queued(ada, "b")
    with pytest.raises(Refusal, match="not_yours"):
        await cancel(opened.context, opened.requester(grace), first)
    ended = await cancel(opened.context, opened.requester(ada), first)
    assert (ended.state, ended.reason and ended.reason.code) == (State.CANCELLED, "by_person")
    ended = await cancel(opened.context, opened.requester(grace, moderates=True), second)
    assert (ended.state, ended.reason and ended.reason.code) == (State.CANCELLED, "by_moderator")
    with pytest.raises(Refusal, match="over"):
        await cancel(opened.context, opened.requester(ada), first)
    await opened.reads(first.status_message, "Cancelled")


async def test_a_running_job_is_asked_to_stop(opened: BotSetup) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    job = await cancel(opened.context, opened.requester(ada), lease.job)
    assert job.cancel_requested
    assert job.state is State.DELIVERING
    await opened.reads(job.status_message, "Stopping")
