"""Where it works: channels, threads, forum posts, chats of voice channels; and what is missing elsewhere."""

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess

MISSING = Permission.SEND_MESSAGES_IN_THREADS | Permission.ATTACH_FILES


async def test_the_clip_comes_where_it_was_asked_for(
    place: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = place.member("ada")
    thread, voice = place.thread("cats"), place.voice("lounge")
    post = place.post(place.forum("ideas"), "what about dogs")
    jobs = {
        where.id: await ada.animate(picture, "the cat is jumping", seconds=1, channel=where)
        for where in (thread, voice, post)
    }
    for where, job in jobs.items():
        clip = await job.video()
        assert clip.message.channel_id == where
        again = await (await ada.press(clip, "Again")).video()
        assert again.message.channel_id == where


async def test_missing_permissions_are_said_at_once_by_their_names(
    place: Playground, bot: BotProcess, picture: bytes
) -> None:
    thread = place.thread("cats")
    place.forbid(MISSING)
    mei = place.member("mei", locale="zh-CN")
    refused = await mei.animate(picture, "the cat is jumping", channel=thread)
    assert "在子区内发送消息, 附加文件" in await refused.refused()
    place.forbid(Permission.SEND_MESSAGES)
    refused = await place.member("ada").animate(picture, "the cat is jumping")
    assert (await refused.refused()).endswith("in this channel: Send Messages.")
