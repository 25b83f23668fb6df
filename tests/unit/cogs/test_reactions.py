"""Reactions to a job's messages."""

import pytest

from cogs.i18n.catalogue import translate
from storage import GuildSettings
from tests.unit.cogs.bot_setup import BotSetup


async def test_an_arrow_asks_again_and_an_envelope_brings_a_copy(bot: BotSetup) -> None:
    playground, messages = bot.playground, bot.playground.state.messages
    ada, grace = playground.member("ada"), playground.member("grace")
    done = await bot.done(ada)
    result = messages[done.result_message or 0]
    again = await grace.react(result, "🔁")
    assert "not reachable" in (await again.answered()).content
    await playground.until(lambda: "⏳" in messages[result.id].reactions or None, 5, "a pending reaction")
    await ada.react(result, "✉️")
    await playground.until(lambda: ada.inbox or None, 10, "a copy")


@pytest.mark.waits
async def test_a_flag_reports_and_a_cross_of_the_owner_deletes(bot: BotSetup) -> None:
    playground, messages = bot.playground, bot.playground.state.messages
    ada, grace = playground.member("ada"), playground.member("grace")
    done = await bot.done(ada)
    result = messages[done.result_message or 0]
    assert await (await grace.react(result, "🚩")).refused() == translate(
        "en-US", "refused_no_report_channel"
    )
    channel = playground.channel_named("reports")
    await bot.context.store.set_guild_settings(playground.guild.id, GuildSettings(report_channel=channel.id))
    lin, alan = playground.member("lin"), playground.member("alan")
    assert await (await lin.react(result, "🚩")).refused() == translate("en-US", "reported")
    assert await (await alan.react(result, "❌")).refused() == translate("en-US", "refused_not_yours")
    await ada.react(result, "❌")
    await playground.until(lambda: result.id not in messages or None, 10, "the result is deleted")


async def test_a_cross_cancels_an_unfinished_job_and_other_messages_are_left_alone(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    await ada.react(await ada.say("hello"), "❌")
    await bot.playground.member("robot", bot=True).react(bot.status(job), "❌")
    await ada.react(bot.status(job), "👍")
    await ada.react(bot.status(job), "❌")
    await bot.reads(job.status_message, "Cancelled")


async def test_a_cross_on_a_running_job_says_at_once_that_it_is_being_stopped(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    assert await bot.context.store.claim("gpu", {job.params.workflow})
    await ada.react(bot.status(job), "❌")
    await bot.reads(job.status_message, "Stopping")
