"""Which handler answers a button, a select or a modal."""

import pytest

from cogs.i18n.catalogue import translate
from cogs.interaction_router import find_handler
from jobs.errors import Refusal
from tests.unit.cogs.bot_setup import BotSetup


def test_an_action_without_a_handler_is_of_another_version() -> None:
    assert find_handler({"again": 1}, "again") == 1
    with pytest.raises(Refusal, match="outdated"):
        find_handler({"again": 1}, "gone")


async def test_buttons_selects_and_modals_reach_the_cog_that_declared_them(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    card = await (await ada.command("queue")).shows()
    await ada.choose(card, "menu cancel:", job.id)
    await bot.reads(job.status_message, "Cancelled")


async def test_who_comes_while_the_bot_shuts_down_gets_one_answer_and_no_error_is_logged(
    bot: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    ada = bot.playground.member("ada")
    card = await (await ada.command("queue")).shows()
    bot.context.in_flight.close()
    for late in (await ada.command("queue"), await ada.press(card, "queue:")):
        assert await late.refused() == translate("en-US", "refused_closing")
        assert late.interaction
        assert late.interaction.followups == []
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []
