"""What people take back goes: messages, clip, picture, row; whatever happens meanwhile."""

import asyncio

from playground.discord.permissions import Permission
from playground.people import Member
from playground.place import Playground
from storage import Job
from tests.bot.process import BotProcess
from tests.explorer.aftermath import read_jobs

DELETE = r"^DELETE /channels/\d+/messages/\d+$"


def kept(bot: BotProcess, folder: str) -> list[str]:
    """The names of files that the bot keeps."""
    return sorted(path.name for path in (bot.folder / "data" / folder).iterdir())


async def jobs_left(bot: BotProcess, number: int) -> list[Job]:
    """The rows, as soon as there are no more than so many."""
    async with asyncio.timeout(20):
        while len(jobs := read_jobs(bot.folder)) > number:  # noqa: ASYNC110 - no event tells of another process's rows
            await asyncio.sleep(0.05)
    return jobs


async def begin_to_delete(member: Member, target: object) -> None:
    """🗑️, and yes to the question that comes back."""
    question = await member.press(target, "🗑️")  # type: ignore[arg-type]
    await member.press(await question.shows("Delete this clip"), "Delete for good")
    await question.shows("is being deleted")


async def test_a_deleted_clip_goes_for_good_also_when_the_bot_is_killed_over_it(
    place: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, bob = place.member("ada"), place.member("bob")
    clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
    reroll = await bob.react(clip, "🔁")
    again = await reroll.video()
    await reroll.says("Done")
    await (await bob.press(clip, "🗑️")).shows("Only whoever asked")
    place.discord.fail(status=503, times=1000, route=DELETE)
    await begin_to_delete(ada, clip)
    await place.until(lambda: place.discord.requests[-1].injected or None, 20, "Discord is in the way")
    await bot.kill()
    assert len(read_jobs(bot.folder)) == 2
    place.discord.heal()
    await bot.start()
    (left,) = await jobs_left(bot, 1)
    assert {message.id for message in place.messages} == {left.status_message, again.message.id}
    assert (left.user_id, left.parent) == (bob.id, None)
    assert kept(bot, "pictures") == [left.picture]
    assert all(name.startswith(left.id) for name in kept(bot, "clips"))

    boss = place.member("boss", permissions=Permission.MANAGE_MESSAGES)
    await begin_to_delete(boss, again)
    await jobs_left(bot, 0)
    assert (place.messages, kept(bot, "pictures"), kept(bot, "clips")) == ([], [], [])
