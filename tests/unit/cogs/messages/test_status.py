"""Status messages by the bot's token."""

import pytest

from cogs.messages import status
from tests.unit.cogs.bot_setup import BotSetup


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
    await context.messages.status.post_missing(context.status_text)
    lost, silent = await context.store.job(lost.id), await context.store.job(silent.id)
    assert answered.status
    assert lost.status_message == answered.status.id
    assert "not reachable" in bot.status(silent).content
    await bot.reads(lost.status_message, "not reachable")
