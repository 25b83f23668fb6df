"""Status messages by the bot's token."""

import pytest

from cogs.messages import status
from storage import State
from tests.unit.cogs.bot_setup import BotSetup

POST = "^POST .*/messages$"


async def test_a_status_is_posted_once_even_where_discords_answer_is_lost(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "backoff", lambda _: 0.0)
    job = await opened.unposted(opened.playground.member("ada"))
    opened.playground.discord.cut_after_processing("^POST .*/messages$")
    await opened.context.messages.status.post(job, "queued")
    job = await opened.context.store.job(job.id)
    assert [(each.id, each.content) for each in opened.playground.messages] == [
        (job.status_message, "queued")
    ]


async def test_an_answer_that_cannot_be_read_leaves_one_status_that_is_recorded(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "backoff", lambda _: 0.0)
    job = await opened.unposted(opened.playground.member("ada"))
    opened.playground.discord.unreadable_after_processing(POST, times=2)
    await opened.context.messages.status.post(job, "queued")
    job = await opened.context.store.job(job.id)
    assert [each.id for each in opened.playground.messages] == [job.status_message]


@pytest.mark.parametrize(("code", "answer"), [(160002, 403), (50013, 403), (50035, 400)])
async def test_where_a_reply_is_refused_the_status_is_no_reply(
    opened: BotSetup, code: int, answer: int
) -> None:
    job = await opened.unposted(opened.playground.member("ada"))
    opened.playground.discord.fail(answer, route=POST, code=code)
    await opened.context.messages.status.post(job, "queued", reply_to=opened.post("a clip").id)
    job = await opened.context.store.job(job.id)
    assert opened.status(job).reply_to is None


async def test_a_status_that_was_deleted_before_it_was_noted_cancels_its_job(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await opened.unposted(opened.playground.member("ada"))
    opened.playground.discord.cut_after_processing(POST)

    def delete(_: int) -> float:
        opened.playground.state.delete(opened.playground.messages[-1])
        return 0.0

    monkeypatch.setattr(status, "backoff", delete)
    await opened.context.messages.status.post(job, "queued")
    job = await opened.context.store.job(job.id)
    assert (job.state, job.reason and job.reason.code) == (State.CANCELLED, "deleted")
    assert opened.playground.messages == []


async def test_a_job_keeps_going_without_a_status_where_discord_takes_none(opened: BotSetup) -> None:
    job = await opened.unposted(opened.playground.member("ada"))
    opened.playground.discord.fail(403, route="^POST .*/messages$", code=50013)
    await opened.context.messages.status.post(job, "queued")
    assert (await opened.context.store.job(job.id)).status_message is None


async def test_at_start_an_answer_is_found_by_its_interaction_and_others_are_posted(bot: BotSetup) -> None:
    ada, context = bot.playground.member("ada"), bot.context
    answered, interaction = await bot.interaction(ada)
    await interaction.response.send_message("looking")
    lost = await bot.unposted(ada, f"interaction {interaction.id}")
    silent = await bot.unposted(ada, "interaction 5")
    for job in await context.store.without_status():
        await context.messages.status.post_missing(job, context.status_text)
    lost, silent = await bot.posted(lost), await bot.posted(silent)
    assert answered.status
    assert lost.status_message == answered.status.id
    assert "not reachable" in bot.status(silent).content
    await bot.reads(lost.status_message, "not reachable")
