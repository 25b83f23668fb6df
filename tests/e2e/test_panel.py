"""The panel and the message menu: a picture comes to life without a command's twelve options."""

import pytest

from playground.discord.model import Upload
from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess


async def test_a_manager_posts_it_and_people_fill_in_its_form(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    boss = playground.member("boss", permissions=Permission.MANAGE_GUILD)
    posted = await boss.command("panel")
    assert "panel stands" in await posted.refused()
    panel = playground.messages[-1]
    await bot.terminate()
    await bot.start()
    mei = playground.member("mei", locale="zh-TW")
    opened = await mei.press(panel, "Animate a picture")
    assert "眨眼和呼吸" in str(await opened.opens())
    upload = Upload(filename="cat.png", data=picture)
    job = await mei.submit(opened, image=upload, motion=["wind", "zoom"])
    clip = await job.video()
    assert "鏡頭緩緩推近" in clip.content
    text = Upload(filename="a.txt", data=b"no picture", content_type="text/plain")
    refused = await mei.submit(await mei.press(panel, "Animate a picture"), image=text, prompt="x")
    assert "無法識別為圖片" in await refused.refused()
    empty = await mei.submit(await mei.press(panel, "Animate a picture"), image=upload)
    assert "請在提示詞裡寫明" in await empty.refused()


@pytest.mark.long
async def test_the_menu_takes_ones_own_pictures_and_those_of_others_where_that_is_allowed(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    boss = playground.member("boss", permissions=Permission.MANAGE_GUILD)
    message = await ada.say("look", Upload(filename="cat.png", data=picture))
    opened = await ada.menu("Animate this", message)
    await opened.opens()
    await bot.kill()
    await bot.start()
    clip = await (await ada.submit(opened, prompt="the cat is jumping")).video()
    assert clip.pinged == ("ada",)
    assert "somebody else's picture" in await (await grace.menu("Animate this", message)).refused()
    await (await boss.command("rules", pictures_of_others=True)).refused()
    clip = await (await grace.submit(await grace.menu("Animate this", message), motion=["walk"])).video()
    assert clip.pinged == ("grace",)
    assert "walking slowly" in clip.content
    words = await ada.say("only words")
    assert "no picture" in await (await ada.menu("Animate this", words)).refused()
