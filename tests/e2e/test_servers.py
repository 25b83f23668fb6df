"""What a ComfyUI can run, may, and does: said truly to those who wait, also while it changes or is away."""

import asyncio
from pathlib import Path

import pytest

from playground.comfyui.object_info import LIGHTX2V
from playground.errors import Refused
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot

pytestmark = pytest.mark.long


async def test_a_file_that_is_missing_is_said_at_once_and_counts_as_soon_as_it_is_there(
    playground: Playground, tmp_path: Path, picture: bytes
) -> None:
    comfyui, ada = playground.comfyui, playground.member()
    comfyui.remove(LIGHTX2V)
    async with running_bot(playground, tmp_path) as bot:
        clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
        assert "· fast ·" in clip.content
        refusal = await (await ada.animate(picture, "it moves", preset="turbo")).refused()
        assert "a model file that they need is missing" in refusal
        assert "draft, fast, quality" in refusal
        assert LIGHTX2V not in refusal
        assert f"lacks {LIGHTX2V}. Put the file into ComfyUI/models/loras" in bot.log
        comfyui.install(LIGHTX2V)
        async with asyncio.timeout(30):
            while not await is_admitted(await ada.animate(picture, "it moves", preset="turbo", seconds=1)):
                pass
        assert ("turbo", "turbo") in await ada.autocomplete("animate", "preset", "turbo")
        clip = await (await playground.member("bob").animate(picture, "it moves", seconds=1)).video()
        assert "· turbo ·" in clip.content


async def is_admitted(job: TrackedJob) -> bool:
    try:
        await job.answered()
    except Refused:
        return False
    return True


async def test_jobs_wait_for_what_the_server_could_do_and_go_when_it_can_again(
    playground: Playground, tmp_path: Path, picture: bytes
) -> None:
    comfyui, ada = playground.comfyui, playground.member()
    async with running_bot(playground, tmp_path) as bot:
        await (await ada.animate(picture, "it moves", seconds=1)).video()
        await bot.terminate()
        await comfyui.stop()
        await bot.start()
        job = await ada.animate(picture, "it moves", seconds=1)
        await job.says("not reachable")
        comfyui.remove(LIGHTX2V)
        await comfyui.start()
        await job.says("no GPU server can make this at the moment")
        comfyui.install(LIGHTX2V)
        assert "· turbo ·" in (await job.video()).content


async def test_a_token_that_is_refused_is_said_and_jobs_go_when_it_works(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.require_token("another")
    job = await playground.member().animate(picture, "it moves", seconds=1)
    await job.says("may not use its ComfyUI")
    assert "Set COMFYUI_TOKEN to the token that its gateway wants." in bot.log
    playground.comfyui.require_token(None)
    assert await job.video()


async def test_where_nothing_was_ever_known_the_first_answer_decides(
    playground: Playground, tmp_path: Path, picture: bytes
) -> None:
    playground.comfyui.remove(LIGHTX2V)
    await playground.comfyui.stop()
    async with running_bot(playground, tmp_path):
        job = await playground.member().animate(picture, "it moves", seconds=1)
        await job.says("not reachable")
        await playground.comfyui.start()
        assert "· fast ·" in (await job.video()).content
