"""/language: what a person chose counts, else Discord's."""

from cogs.i18n.catalogue import LANGUAGES, translate
from cogs.language import AS_IN_DISCORD
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_choice_is_kept_and_taken_back(bot: BotSetup) -> None:
    ada = bot.playground.member("ada", locale="zh-CN")
    for language in (*LANGUAGES, AS_IN_DISCORD):
        chosen = None if language == AS_IN_DISCORD else language
        answer = await (await ada.command("language", language=language)).refused()
        assert answer == translate(chosen or "zh-CN", "language_set")
        assert await bot.context.store.language(ada.id) == chosen
