"""What discord.py cannot read ends nothing, and whoever waits for an answer gets one."""

import pytest

from cogs.i18n.catalogue import translate
from cogs.runtime.unreadable import AnsweringTree
from tests.unit.cogs.bot_setup import BotSetup

WRONG = translate("en-US", "refused_internal")


async def test_an_event_that_cannot_be_read_is_logged_and_ends_nothing(
    opened: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    opened.context.client._connection.parsers["MESSAGE_CREATE"]({"id": None})
    assert "an event MESSAGE_CREATE cannot be read" in caplog.text


async def test_a_command_whose_message_cannot_be_read_is_answered(
    bot: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    ada = bot.playground.member("ada", locale="zh-CN")
    message = await ada.say("words", poll={"expiry": None, "answers": []})
    assert await (await ada.menu("Animate this", message)).refused() == translate("zh-CN", "refused_internal")
    assert isinstance(bot.context.client.tree, AnsweringTree)
    assert "question" in caplog.text
    assert await (await ada.command("queue")).shows()


async def test_an_interaction_that_cannot_be_read_at_all_is_answered(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    parsers = bot.context.client._connection.parsers
    guarded = parsers["INTERACTION_CREATE"]

    def without_limit(data: dict[str, object]) -> None:
        guarded({name: value for name, value in data.items() if name != "attachment_size_limit"})

    parsers["INTERACTION_CREATE"] = without_limit
    assert await (await ada.command("queue")).refused() == WRONG
