"""The whole bot in front of a gateway that passes no websocket."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from playground.comfyui import ComfyUI, Outcome, Stage
from playground.playground import Playground
from tests.e2e.process import running_bot


async def forgotten(comfyui: ComfyUI) -> None:
    """Wait until no prompt is left in the history, which Discord hears nothing of."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while comfyui.history:
            async with session.get(f"{comfyui.url}/queue") as answer:
                await answer.read()


@pytest.mark.long
async def test_everything_works_over_http_alone(
    playground: Playground, tmp_path: Path, picture: bytes
) -> None:
    comfyui, ada = playground.comfyui, playground.member()
    await comfyui.http_only(404)
    async with running_bot(playground, tmp_path) as bot:
        first = await ada.animate(picture, "it moves", seconds=1)
        clip = await first.video()
        assert not any("Sampling" in each.text for each in first.texts)  # no step was seen, and none is shown

        again = await (await ada.react(clip, "🔁")).video()
        assert again.data != clip.data

        comfyui.pause(Stage.SAMPLING, 2)
        cancelled = await ada.animate(picture, "it stops", seconds=1, steps=9)
        await cancelled.says("Started")
        await comfyui.reached(Stage.SAMPLING, 2, prompt_id=comfyui.running)
        await ada.press(cancelled, "Cancel")
        comfyui.resume()
        await cancelled.says("Cancelled")
        await forgotten(comfyui)

        comfyui.pause(Stage.SAMPLING, 2)
        adopted = await ada.animate(picture, "it goes on", seconds=1, steps=8)
        await adopted.says("Started")
        await bot.kill()
        await bot.start()
        comfyui.resume()
        await adopted.video()
        await forgotten(comfyui)

        assert bot.log.count("no live steps here") == 2  # once for each start
        outcomes = [run.outcome for run in comfyui.runs]
        assert outcomes == [Outcome.SUCCESS, Outcome.SUCCESS, Outcome.INTERRUPTED, Outcome.SUCCESS]
