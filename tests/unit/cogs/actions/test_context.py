"""What somebody reads when a command meets a fault of ours."""

import discord

from cogs.actions.context import on_app_command_error
from playground.playground import Playground
from tests.playground.small_bot import SmallBot, running


async def test_a_fault_of_ours_is_one_plain_sentence_in_the_persons_language() -> None:
    bot = SmallBot()

    async def broken(interaction: discord.Interaction) -> None:
        raise ZeroDivisionError("/home/ada/secret")

    bot.tree.command(name="broken", description="Meets a fault")(broken)
    bot.tree.error(on_app_command_error)
    async with Playground(comfyui=None) as playground, running(playground, bot):
        english = await (await playground.member("ada").command("broken")).refused()
        chinese = await (await playground.member("mei", locale="zh-CN").command("broken")).refused()
    assert (english, chinese) == ("Something went wrong: please try again.", "出错了：请再试一次。")
