"""What people and managers choose: language, help, the rules of a guild."""

from dataclasses import replace

import pytest

from playground.discord.permissions import NOTHING, Permission
from playground.errors import NotPossible
from playground.playground import Playground
from tests.e2e.process import BotProcess


@pytest.mark.long
async def test_the_chosen_language_is_that_of_all_answers_also_after_a_restart(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada", locale="fr")
    help_card = await ada.command("help")
    await help_card.shows("First steps")
    await (await ada.command("language", language="zh-TW")).shows("繁體中文")
    turned = await ada.choose(await help_card.shows(), "menu help:topic", "trouble")
    await turned.shows("疑難排解")
    await bot.kill()
    await bot.start()
    again = await ada.choose(await help_card.shows(), "menu help:topic", "people")
    await again.shows("人像")
    job = await ada.animate(picture, "it moves", seconds=1)
    await job.says("排隊")
    await job.video()
    await (await ada.command("language", language="discord")).shows("in English")
    await (await ada.command("help")).shows("First steps")


async def test_only_managers_see_and_change_the_rules(playground: Playground, bot: BotProcess) -> None:
    ada = playground.member("ada")
    boss = playground.member("boss", locale="zh-CN", permissions=Permission.MANAGE_GUILD)
    mods, secret = playground.channel_named("mods"), playground.channel_named("secret")
    playground.forbid(Permission.SEND_MESSAGES | Permission.VIEW_CHANNEL, secret)
    with pytest.raises(NotPossible):
        await ada.command("rules")
    await (await boss.command("rules")).shows("没有地方可发")
    refused = await boss.command("rules", report_channel=secret)
    await refused.shows(f"我在 <#{secret.id}> 还需要这些权限：查看频道, 发送消息")
    card = await boss.command("rules", report_channel=mods, pictures_of_others=True)
    shown = await card.shows(f"<#{mods.id}>")
    assert "成员可以让别人发的图片动起来" in shown.text
    await (await boss.press(shown, "不再接收举报")).shows("没有地方可发")
    card = await boss.command("rules", report_channel=mods)
    shown = await card.shows(f"<#{mods.id}>")
    assert "成员可以让别人发的图片动起来" in shown.text

    roles = {
        each: replace(role, permissions=NOTHING) if role.name == "boss's" else role
        for each, role in playground.guild.roles.items()
    }
    playground.state.change_guild(replace(playground.guild, roles=roles))
    await (await boss.press(shown, "不再接收举报")).shows("只有拥有“管理服务器”权限的成员")
