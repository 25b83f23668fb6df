"""What /animate offers while people type."""

import pytest

from cogs.i18n.catalogue import LANGUAGES
from playground.playground import Playground
from tests.e2e.process import BotProcess

LONG = "The cat in the photo is playing with a ball of yarn, " * 3


@pytest.mark.long
async def test_my_last_prompts_and_seeds_are_offered_to_me_alone_and_all_is_described_in_chinese(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = playground.member("ada"), playground.member("bob")
    assert await ada.autocomplete("animate", "prompt", "") == []
    for prompt, seed in (("the flag waves", 7), (LONG, 8), ("the flag waves", 9)):
        await (await ada.animate(picture, prompt, seconds=1, seed=seed)).video()
    offered = await ada.autocomplete("animate", "prompt", "")
    assert [name[:14] for name, _ in offered] == ["the flag waves", "The cat in the"]
    assert offered[0][1] == "the flag waves"
    assert await bob.autocomplete("animate", "prompt", "flag") == []
    assert await ada.autocomplete("animate", "seed", "8") == [(f"8 · {LONG.strip()}"[:99] + "…", 8)]

    recalled = str(offered[1][1])
    assert recalled.startswith("#")
    await (await ada.animate(picture, recalled, seconds=1)).video()
    assert LONG.strip() in str(playground.comfyui.runs[-1].graph)
    await (await bob.animate(picture, recalled, seconds=1)).video()
    assert LONG.strip() not in str(playground.comfyui.runs[-1].graph)

    shown = {
        each.definition["name"]: playground.discord.commands.render(each) for each in playground.commands
    }
    assert shown["queue"]["description_localizations"]["zh-TW"].startswith("查看排隊")
    for option in shown["animate"]["options"]:
        assert option["description_localizations"].keys() == LANGUAGES.keys() - {"en-US"}, option["name"]
    aspect = next(each for each in shown["animate"]["options"] if each["name"] == "aspect")
    names = [choice["name_localizations"]["zh-CN"] for choice in aspect["choices"]]
    assert names == ["与图片相同", "横向（宽）", "纵向（高）", "方形"]
