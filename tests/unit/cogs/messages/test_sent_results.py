"""Results in the history of a channel: the bot's own, of that job, since its delivery began."""

import pytest

from cogs.messages.sent_results import SentResults, file_name
from storage import LEASE_SECONDS, LeaseLost, LeaseTerm
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import JOB


def test_a_result_is_recognized_by_its_file() -> None:
    assert file_name(JOB, "mp4") == "animate-1a2b3c4d.mp4"


async def test_the_result_of_a_job_is_found_and_no_other(opened: BotSetup) -> None:
    ada, context = opened.playground.member("ada"), opened.context
    mine, other = await opened.delivering(ada, "a"), await opened.delivering(ada, "b")
    await context.messages.announcer.deliver(other)
    results = SentResults(context.client, context.store)
    channel = context.client.get_partial_messageable(mine.job.channel_id)
    assert await results.first(channel, mine.job, mine.term) is None
    assert await results.all(channel, mine.job) == []
    await context.messages.announcer.deliver(mine)
    row = await context.store.job(mine.job.id)
    found = await results.first(channel, row, mine.term)
    assert found
    assert found.id == row.result_message
    assert [each.id for each in await results.all(channel, row)] == [row.result_message]


async def test_nothing_is_looked_for_with_a_lease_that_is_over(opened: BotSetup) -> None:
    context, lease = opened.context, await opened.delivering(opened.playground.member("ada"))
    seconds = [0.0]
    term = LeaseTerm(clock=lambda: seconds[0])
    seconds[0] = LEASE_SECONDS
    channel = context.client.get_partial_messageable(lease.job.channel_id)
    with pytest.raises(LeaseLost):
        await SentResults(context.client, context.store).first(channel, lease.job, term)
