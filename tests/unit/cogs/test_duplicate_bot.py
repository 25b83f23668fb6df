"""A second process with the same token."""

import pytest

from cogs.messages.targets import MessageKind, build_nonce
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import JOB


async def test_a_message_of_this_bot_about_an_unknown_job_is_reported(
    bot: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    client, channel = bot.context.client, bot.playground.channel.id
    await bot.queued(bot.playground.member("ada"))
    await client.get_partial_messageable(channel).send("plain")
    foreign = await client.get_partial_messageable(channel).send(
        "of another process", nonce=build_nonce(JOB, MessageKind.STATUS)
    )
    ada = bot.playground.member("ada")
    await (await ada.command("help")).shows()  # gateway events come in order
    [record] = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert str(foreign.id) in record.getMessage()
