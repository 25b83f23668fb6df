"""/show and ℹ️: everything about one job, for whom it concerns."""

import json

import pytest

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.cards import labels_in
from tests.e2e.process import BotProcess

LONG = "The flag waves in the wind, slowly. " * 40


@pytest.mark.long
async def test_command_and_button_tell_everything_to_its_owner_and_to_who_moderates(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = playground.member("ada"), playground.member("bob")
    boss = playground.member("boss", permissions=Permission.MANAGE_MESSAGES, locale="zh-CN")
    options = {"seconds": 1, "seed": 4242, "steps": 7, "negative": "no rain", "preset": "fast"}
    clip = await (await ada.animate(picture, LONG, **options)).video()
    short = clip.filename[len("animate-") : -len(".mp4")]
    second = await (await ada.react(clip, "🔁")).video()

    card = await (await ada.command("show", id=short)).shows("Done")
    assert card.only_for == ada.id
    facts = ("4242", "Steps** 7", "17", "832×480", "fast", "no rain", "GPU server** 1", "GPU seconds")
    assert [fact for fact in facts if fact not in card.text] == []
    assert str(clip.message.id) in card.text
    assert second.filename[len("animate-") : -len(".mp4")] in card.text
    assert [file.filename for file in card.attachments] == [f"animate-{short}.txt"]
    assert LONG.strip() in card.attachments[0].data.decode()

    await bot.terminate()
    await bot.start()
    sent = await (await ada.press(card, "Workflow")).shows("ComfyUI")
    assert [file.filename for file in sent.attachments] == [f"animate-{short}.json"]
    assert without_picture(json.loads(sent.attachments[0].data)) == without_picture(
        playground.comfyui.runs[0].graph
    )

    theirs = await (await boss.press(clip, "ℹ️")).shows("完成")
    assert theirs.only_for == boss.id
    assert "种子" in theirs.text
    assert labels_in(theirs) == ["工作流"]
    for denied in (await bob.command("show", id=f"#{short}"), await bob.press(clip, "ℹ️")):
        assert "Manage Messages" in await denied.refused()
    assert "no such job" in await (await bob.command("show", id="ffffffff")).refused()
    offered = await ada.autocomplete("show", "id", short)
    assert [name.partition(" · ")[0] for name, _ in offered] == [short]


def without_picture(graph: dict[str, dict[str, dict[str, object]]]) -> dict[str, object]:
    """A graph, apart from what its picture is called on the server."""
    return {
        name: node | {"inputs": {**node["inputs"], "image": "…"}}
        if node["class_type"] == "LoadImage"
        else node
        for name, node in graph.items()
    }
