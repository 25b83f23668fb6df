"""Rerolls and retries of a job."""

import pytest

from cogs.actions.reroll import FollowUps
from jobs.errors import Refusal
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_reroll_is_posted_below_its_message_and_once_while_it_is_unfinished(
    opened: BotSetup,
) -> None:
    job = await opened.done(opened.playground.member("ada"))
    requester = opened.requester(opened.playground.member("grace"), job.result_message or 0)
    follow_ups = FollowUps(opened.context)
    first, second = await follow_ups.reroll(requester, job), await follow_ups.reroll(requester, job)
    assert (first.created, second.created) == (True, False)
    assert first.job.id == second.job.id
    assert first.job.params.seed != job.params.seed
    status = opened.status(await opened.posted(first.job))
    assert status.reply_to == job.result_message
    assert "not reachable" in status.content


async def test_only_the_owner_retries_and_with_the_given_parameters(opened: BotSetup) -> None:
    ada, grace = opened.playground.member("ada"), opened.playground.member("grace")
    job = await opened.done(ada)
    follow_ups = FollowUps(opened.context)
    with pytest.raises(Refusal, match="not_yours"):
        await follow_ups.retry(opened.requester(grace), job, job.params)
    admitted = await follow_ups.retry(opened.requester(ada), job, job.params)
    assert (admitted.created, admitted.job.params, admitted.job.parent) == (True, job.params, job.id)
