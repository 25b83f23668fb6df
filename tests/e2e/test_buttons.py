"""The buttons under a job's messages, by its owner, another member and a moderator, also after a restart."""

import io

import av
import pytest

from playground.comfyui import Failure
from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess

NOT_YOURS = "Only whoever asked for it"


def frames(data: bytes) -> int:
    with av.open(io.BytesIO(data)) as film:
        return sum(1 for _ in film.decode(video=0))


def graph_value(playground: Playground, name: str, run: int = -1) -> object:
    """What the sampler, or whichever node has such an input, was given."""
    nodes = playground.comfyui.runs[run].graph.values()
    return next(node["inputs"][name] for node in nodes if name in node["inputs"])


async def test_again_is_for_everybody_and_works_after_a_restart(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    clip = await (await playground.member("ada").animate(picture, "the cat is jumping", seconds=1)).video()
    await bot.terminate()
    await bot.start()
    grace = playground.member("grace", locale="zh-CN")
    again = await grace.press(clip, "Again")
    other = await again.video()
    assert other.pinged == ("grace",)
    assert "你的视频好了" in other.content
    assert len({str(run.graph) for run in playground.comfyui.runs}) == 2


@pytest.mark.long
async def test_change_fills_in_what_was_and_makes_another(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    clip = await (await ada.animate(picture, "the cat is jumping", seconds=2, seed=5, steps=7)).video()
    assert NOT_YOURS in await (await playground.member("grace").press(clip, "Change")).refused()
    opened = await ada.press(clip, "Change")
    modal = str(await opened.opens())
    for part in ("the cat is jumping", "bad quality video", "'value': '2'", "'value': '7'", "'value': '5'"):
        assert part in modal
    wrong = await ada.submit(opened, steps="no")
    assert "must be a number" in await wrong.refused()
    opened = await ada.press(clip, "Change")
    await opened.opens()
    await bot.kill()
    await bot.start()  # the form outlives it
    changed = await ada.submit(opened, prompt="the cat is sleeping", seconds="1", seed="6")
    other = await changed.video()
    assert "the cat is sleeping" in other.content
    assert "seed `6`" in other.content
    assert frames(other.data) == 17
    assert graph_value(playground, "steps") == 7


@pytest.mark.long
async def test_extend_goes_on_from_the_last_frame_and_joins_both(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    clip = await (await ada.animate(picture, "the cat is jumping", seconds=1)).video()
    assert NOT_YOURS in await (await playground.member("grace").press(clip, "Extend")).refused()
    longer = await (
        await ada.submit(await ada.press(clip, "Extend"), prompt="the cat is landing", join="yes")
    ).video()
    assert frames(longer.data) == 34
    assert "joined with the clip before" in longer.content
    longest = await (await ada.submit(await ada.press(longer, "Extend"), join="yes")).video()
    assert frames(longest.data) == 51
    alone = await (await ada.submit(await ada.press(longer, "Extend"), join="no")).video()
    assert frames(alone.data) == 17
    loaded = [
        node["inputs"]["image"]
        for run in playground.comfyui.runs
        for node in run.graph.values()
        if node["class_type"] == "LoadImage"
    ]
    assert len(set(loaded)) == 3  # the last two start from one frame


@pytest.mark.long
async def test_cancel_while_it_waits_and_while_it_runs(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, comfyui = playground.member("ada"), playground.comfyui
    assert comfyui
    comfyui.pause()
    running = await ada.animate(picture, "the cat is jumping", seconds=1)
    await running.says("Loading")
    waiting = await ada.animate(picture, "the cat is jumping", seconds=1)
    await waiting.says("Queued")
    assert NOT_YOURS in await (await playground.member("grace").press(waiting, "Cancel")).refused()
    await playground.member("mod", permissions=Permission.MANAGE_MESSAGES).press(waiting, "❌")
    await waiting.says("Cancelled")
    await ada.press(running, "Cancel")
    comfyui.resume()
    await running.says("Cancelled")
    again = await (await ada.press(waiting, "Try again")).video()
    assert "your clip is ready" in again.content


@pytest.mark.long
async def test_a_failure_offers_to_try_smaller(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    playground.comfyui.fail_next(Failure.MEMORY)
    job = await ada.animate(picture, "the cat is jumping", seconds=5, steps=8, seed=3)
    await job.says("ran out of memory")
    smaller = await (await ada.press(job, "Try smaller")).video()
    assert "2 s" in smaller.content
    assert "seed `3`" in smaller.content
    assert graph_value(playground, "steps") == 8
