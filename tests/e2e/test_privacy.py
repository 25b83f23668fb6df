"""What people take back goes: messages, clip, picture, row; whatever happens meanwhile."""

import asyncio
import json

import pytest

from playground.comfyui import Stage
from playground.discord.permissions import Permission
from playground.members import Member
from playground.playground import Playground
from storage import Job
from tests.crash.invariants import read_jobs
from tests.e2e.process import BotProcess

DELETE = r"^DELETE /channels/\d+/messages/\d+$"


def kept(bot: BotProcess, folder: str) -> list[str]:
    """The names of files that the bot keeps."""
    return sorted(path.name for path in (bot.folder / "data" / folder).iterdir())


def privately_told(playground: Playground, member: Member) -> str:
    """All that one member alone can see."""
    messages = playground.state.messages.values()
    return "\n".join(each.text for each in messages if each.only_for == member.id)


async def jobs_left(bot: BotProcess, number: int) -> list[Job]:
    """The rows, as soon as there are no more than so many."""
    async with asyncio.timeout(20):
        while len(jobs := read_jobs(bot.folder)) > number:  # noqa: ASYNC110 - no event tells of another process's rows
            await asyncio.sleep(0.2)
    return jobs


async def begin_to_delete(member: Member, target: object) -> None:
    """🗑️, and yes to the question that comes back."""
    question = await member.press(target, "🗑️")  # type: ignore[arg-type]
    await member.press(await question.shows("Delete this clip"), "Delete for good")
    await question.shows("is being deleted")


@pytest.mark.waits
async def test_a_deleted_clip_goes_for_good_also_when_the_bot_is_killed_over_it(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = playground.member("ada"), playground.member("bob")
    clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
    reroll = await bob.react(clip, "🔁")
    again = await reroll.video()
    await reroll.says("Done")
    await (await bob.press(clip, "🗑️")).shows("Only whoever asked")
    playground.discord.fail(status=503, times=1000, route=DELETE)
    await begin_to_delete(ada, clip)
    await playground.until(
        lambda: playground.discord.requests[-1].injected or None, 20, "Discord is in the way"
    )
    await bot.kill()
    assert len(read_jobs(bot.folder)) == 2
    playground.discord.heal()
    await bot.start()
    (left,) = await jobs_left(bot, 1)
    assert {message.id for message in playground.messages} == {left.status_message, again.message.id}
    assert (left.user_id, left.parent) == (bob.id, None)
    assert (kept(bot, "pictures"), kept(bot, "clips"), kept(bot, "scratch")) == ([], [], [])
    await bob.press(again, "🔁")
    await playground.until(
        lambda: "took them back" in privately_told(playground, bob) or None, 10, "it is good for nothing new"
    )

    boss = playground.member("boss", permissions=Permission.MANAGE_MESSAGES)
    await begin_to_delete(boss, again)
    await jobs_left(bot, 0)
    assert (playground.messages, kept(bot, "pictures"), kept(bot, "clips")) == ([], [], [])


@pytest.mark.long
async def test_somebody_takes_everything_along_and_then_back_and_others_keep_theirs(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = playground.member("ada", locale="zh-CN"), playground.member("bob")
    await (await bob.animate(picture, "it moves", seconds=1)).video()
    done = await ada.animate(picture, "她笑了", seconds=1)
    await done.video()
    playground.comfyui.pause(Stage.SAMPLING, 2)
    await (await ada.animate(picture, "running", seconds=1)).answered()
    await playground.comfyui.reached(Stage.SAMPLING, 2)
    await (await ada.animate(picture, "waiting", seconds=1)).answered()

    card = await ada.command("privacy")
    shown = await card.shows("任务：3 · 图片：1")
    exported = await (await ada.press(shown, "导出")).shows("全部数据")
    document = json.loads(exported.attachments[0].data)
    prompts = [job["params"]["prompt"] for job in document["jobs"]]
    assert (document["person"], prompts) == (ada.id, ["waiting", "running", "她笑了"])
    question = await ada.press(shown, "删除我的全部数据")
    await ada.press(await question.shows("此操作无法撤销"), "永久删除全部数据")
    await question.shows("正在删除")

    (left,) = await jobs_left(bot, 1)
    assert left.user_id == bob.id
    assert {message.id for message in playground.messages} == {left.status_message, left.result_message}
    assert kept(bot, "pictures") == [left.picture]
    assert all(name.startswith(left.id) for name in kept(bot, "clips"))
    assert playground.comfyui.running is None
    await (await ada.command("privacy")).shows("任务：0 · 图片：0")
