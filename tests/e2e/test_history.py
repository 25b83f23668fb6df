"""/history: pages of one's own clips."""

import pytest

from playground.playground import Playground
from tests.e2e.cards import labels_in, offered_in, pictures_in
from tests.e2e.process import BotProcess


@pytest.mark.long
async def test_the_pages_hold_my_clips_with_their_pictures_and_turn_after_a_restart(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = playground.member("ada"), playground.member("bob", locale="zh-TW")
    await (await bob.command("history")).shows("還沒有影片")
    clips = [
        await (await ada.animate(picture, f"clip {n}: the flag waves", seconds=1)).video() for n in range(2)
    ]
    await playground.comfyui.stop()
    for n in range(2, 6):
        await (await ada.animate(picture, f"clip {n}: the flag waves", seconds=1)).answered()

    card = await (await ada.command("history")).shows("clip 5")
    assert card.only_for == ada.id
    assert [f"clip {n}" in card.text for n in range(6)] == [False, True, True, True, True, True]
    assert card.text.index("clip 5") < card.text.index("clip 1")
    assert str(clips[1].message.id) in card.text
    assert pictures_in(card) == ["First picture of the clip: clip 1: the flag waves"]
    assert [file.content_type for file in card.attachments] == ["image/jpeg"]
    assert labels_in(card) == ["Older ›"]

    await bot.terminate()
    await bot.start()
    older = await (await ada.press(card, "Older ›")).shows("clip 0")
    assert older.id == card.id
    assert "clip 1" not in older.text
    assert [file.filename for file in older.attachments] == [clips[0].filename.replace("mp4", "jpg")]
    assert labels_in(older) == ["‹ Newer"]
    (bot.folder / "data" / "clips" / f"{offered_in(older)[0]}.mp4").unlink()
    newer = await (await ada.press(older, "‹ Newer")).shows("clip 5")
    assert labels_in(newer) == ["Older ›"]
    without = await (await ada.press(newer, "Older ›")).shows("clip 0")
    assert not without.attachments
    assert not pictures_in(without)
    assert "first picture" not in bot.log

    details = await (await ada.choose(without, "menu details:", offered_in(without)[0])).shows("Seed")
    assert details.id != card.id
    assert "clip 0: the flag waves" in details.text

    playground.discord.fail(status=400, route=r"^PATCH /webhooks/")
    failed = await ada.command("history")
    assert "Something went wrong" in (await failed.shows("wrong")).text
