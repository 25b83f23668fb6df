"""/queue and /cancel: what people see of the line, and how they end what is theirs."""

import pytest

from playground.discord.model import Message
from playground.discord.permissions import Permission
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.cards import offered_in
from tests.e2e.process import BotProcess


@pytest.mark.long
async def test_the_card_shows_mine_with_words_and_those_of_others_without(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.pause()
    ada, bob = playground.member("ada"), playground.member("bob", locale="zh-CN")
    empty = await (await ada.command("queue")).shows("None of yours")
    assert "Nobody waits here" in empty.text
    first = await ada.animate(picture, "the cat jumps over the moon", seconds=1)
    await first.says("Loading")
    second = await ada.animate(picture, "the dog sleeps while the rain falls", seconds=1)
    await second.answered()
    await (await bob.animate(picture, "a secret of bob", seconds=1)).answered()
    job = await ada.command("queue")
    card = await job.shows("Running: 1 · waiting: 2 · GPU servers: 1")
    mine, _, guild = card.text.partition("This server")
    assert card.only_for == ada.id
    assert mine.index("the cat jumps") < mine.index("place 2") < mine.index("the dog sleeps")
    assert "secret" not in card.text
    assert bob.mention in guild
    assert (
        guild.index(ada.mention) < guild.index(bob.mention) < guild.index("place 1") < guild.index("place 2")
    )
    assert not card.pinged
    theirs = await (await bob.command("queue")).shows("你的任务")
    assert "a secret of bob" in theirs.text
    assert "the cat" not in theirs.text

    await bot.terminate()
    await bot.start()
    updated = await ada.press(card, "Refresh")
    assert (await updated.shows("Yours")).id == card.id


async def test_whoever_chooses_in_the_card_ends_what_waits_and_what_runs(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.pause()
    ada = playground.member("ada")
    running = await ada.animate(picture, "the first one", seconds=1)
    await running.says("Loading")
    waiting = await ada.animate(picture, "the second one", seconds=1)
    await waiting.answered()
    card = await (await ada.command("queue")).shows("the second one")
    chosen = await ada.choose(card, "menu cancel:", *offered_in(card))
    await waiting.says("Cancelled")
    after = await playground.until(lambda: without(chosen, "the second one"), 5, "the card without it")
    assert after.id == card.id
    await running.says("Cancelled", timeout=5)
    playground.comfyui.resume()
    assert len(playground.comfyui.runs) == 1


@pytest.mark.long
async def test_cancel_ends_the_only_one_asks_which_of_several_and_obeys_who_moderates(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    await playground.comfyui.stop()
    ada, bob = playground.member("ada"), playground.member("bob")
    boss = playground.member("boss", permissions=Permission.MANAGE_MESSAGES, locale="zh-TW")
    assert "None of yours" in await (await ada.command("cancel")).refused()
    first = await ada.animate(picture, "the first one", seconds=1)
    await first.answered()
    await (await ada.command("cancel")).shows("is cancelled")
    await first.says("Cancelled")
    jobs = [await ada.animate(picture, f"number {n} of them", seconds=1) for n in range(2)]
    for job in jobs:
        await job.answered()
    which = await (await ada.command("cancel")).shows("number 0")
    assert "number 1" in which.text
    assert await bob.autocomplete("cancel", "job", "") == []
    offered = await boss.autocomplete("cancel", "job", "number 1")
    assert [name.partition(" · ")[2] for name, _ in offered] == ["⏳ 排隊中 · number 1 of them"]
    target = str(offered[0][1])
    assert "Manage Messages" in await (await bob.command("cancel", job=target)).refused()
    assert "no such job" in await (await bob.command("cancel", job="whatever")).refused()
    await (await boss.command("cancel", job=target)).shows("已取消")
    await jobs[1].says("Cancelled")
    assert "已經結束" in await (await boss.command("cancel", job=target[:8])).refused()


def without(job: TrackedJob, words: str) -> Message | None:
    """Its card, once it no longer says that."""
    return job.card if job.card and words not in job.card.text else None
