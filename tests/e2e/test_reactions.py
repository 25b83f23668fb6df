"""Reactions on a job's messages: ❌, ✉️, 🚩 and the ⏳ that answers 🔁."""

import pytest

from playground.comfyui import Stage
from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess


@pytest.mark.long
async def test_a_pending_reaction_stands_below_while_another_one_is_made(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    clip = await (await ada.animate(picture, "the cat is jumping", seconds=1)).video()
    playground.comfyui.pause()
    first = await ada.react(clip, "🔁")
    second = await grace.react(clip, "🔁")

    def reactions() -> dict[str, object]:
        return dict(playground.state.messages[clip.message.id].reactions)

    await playground.until(lambda: reactions().get("⏳"), 5, "an hourglass")
    await second.says("Queued")
    await bot.kill()
    await bot.start()
    playground.comfyui.resume()
    await first.video()
    await second.video()
    await playground.until(lambda: not reactions().get("⏳"), 10, "no hourglass")


@pytest.mark.long
async def test_a_cross_cancels_what_waits_and_removes_what_is_done(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, comfyui = playground.member("ada"), playground.comfyui
    assert comfyui
    clip = await (await ada.animate(picture, "the cat is jumping", seconds=1)).video()
    comfyui.pause(Stage.SAMPLING, 2)
    await (await ada.animate(picture, "the cat is jumping", seconds=1)).says("Sampling")
    waiting = await ada.animate(picture, "the cat is jumping", seconds=1)
    await waiting.says("Queued")
    await ada.react(waiting, "❌")
    await waiting.says("Cancelled")
    refused = await playground.member("grace").react(clip, "❌")
    assert "Only whoever asked for it" in await refused.refused()
    await ada.react(clip, "❌")
    await playground.until(lambda: clip.message.id not in playground.state.messages, 10, "the clip is gone")


@pytest.mark.long
async def test_an_envelope_brings_the_clip_by_direct_message(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, shy = playground.member("ada"), playground.member("shy", accepts_dms=False)
    clip = await (await ada.animate(picture, "the cat is jumping", seconds=1)).video()
    await ada.react(clip, "✉️")
    copy = await playground.until(lambda: ada.inbox[-1] if ada.inbox else None, 10, "a direct message")
    assert copy.attachments[0].data == clip.data
    assert "the cat is jumping" in copy.content
    refused = await playground.member("grace").react(clip, "✉️")
    assert "Only whoever asked for it" in await refused.refused()
    his = await (await shy.animate(picture, "the cat is jumping", seconds=1)).video()
    assert "cannot send you direct messages" in await (await shy.react(his, "✉️")).refused()


@pytest.mark.long
async def test_a_flag_tells_the_moderators_of_this_guild(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    grace, boss = playground.member("grace"), playground.member("boss", permissions=Permission.MANAGE_GUILD)
    clip = await (await playground.member("ada").animate(picture, "the cat is jumping", seconds=1)).video()
    assert "no channel for reports" in await (await grace.react(clip, "🚩")).refused()
    reports = playground.channel_named("reports")
    await (await boss.command("rules", report_channel=reports)).shows(reports.name)
    await grace.unreact(clip, "🚩")
    thanks = await grace.react(clip, "🚩")
    assert "the moderators know" in await thanks.refused()
    [report] = await playground.until(lambda: playground.state.messages_in(reports.id), 5, "a report")
    assert str(clip.message.id) in report.content
    assert grace.mention in report.content
    assert not report.pinged
