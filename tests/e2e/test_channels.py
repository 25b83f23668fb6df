"""Where it works: channels, threads, forum posts, chats of voice channels; and what is missing elsewhere."""

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess

MISSING = Permission.SEND_MESSAGES_IN_THREADS | Permission.ATTACH_FILES


async def test_the_clip_comes_where_it_was_asked_for(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    thread, voice = playground.thread("cats"), playground.voice("lounge")
    post = playground.post(playground.forum("ideas"), "what about dogs")
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
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    thread = playground.thread("cats")
    playground.forbid(MISSING)
    mei = playground.member("mei", locale="zh-CN")
    refused = await mei.animate(picture, "the cat is jumping", channel=thread)
    assert "在子区内发送消息, 附加文件" in await refused.refused()
    playground.forbid(Permission.SEND_MESSAGES)
    refused = await playground.member("ada").animate(picture, "the cat is jumping")
    assert (await refused.refused()).endswith("in this channel: Send Messages.")
