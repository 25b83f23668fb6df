"""Each built-in model through the whole bot: a plain request, on a server that has nothing but its files."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import comfy
from comfy.doctor.model_checks import folder_of
from comfy.protocol.object_info import is_model_file
from comfy.workflows.needed_nodes import needed_nodes
from playground.comfyui import ComfyUI, Stage
from playground.members import Member
from playground.playground import Playground
from tests.e2e.process import BotProcess, logged, running_bot
from tests.e2e.test_published_workflows import Promise, check
from tests.playground.video_files import read_video

WORKFLOWS = comfy.load_workflows(comfy.BUILT_IN)
LACKING_WAN_21 = ("WanVideoSampler", "CLIPVisionLoader")
PROMISES: Mapping[str, Promise] = {
    "wan22_14b": Promise(
        frames=81, fps=16, size=(816, 512), steps=20, settings="fast · 20 steps · cfg 3.5 · 816×512 · 5 s"
    ),
    "wan22_14b_turbo": Promise(
        frames=81, fps=16, size=(816, 512), steps=4, settings="turbo · 4 steps · cfg 1 · 816×512 · 5 s"
    ),
    "minimax_h3": Promise(
        frames=124,
        fps=24,
        size=(800, 512),
        steps=20,
        sound=True,
        settings="fast · 20 steps · 800×512 · 5.1 s",
    ),
    "minimax_h3_turbo": Promise(
        frames=124, fps=24, size=(800, 512), steps=8, sound=True, settings="turbo · 8 steps · 800×512 · 5.1 s"
    ),
    "ltx23": Promise(
        frames=121, fps=25, size=(1216, 768), steps=11, sound=True, settings="fast · 1216×768 · 4.8 s"
    ),
    "wan22_5b": Promise(
        frames=121, fps=24, size=(1216, 736), steps=20, settings="fast · 20 steps · cfg 5 · 1216×736 · 5 s"
    ),
}


@asynccontextmanager
async def offered(name: str, folder: Path) -> AsyncGenerator[tuple[Member, BotProcess, ComfyUI]]:
    """A bot without settings for workflows, and a ComfyUI that has the files of this one alone."""
    lacking = [*LACKING_WAN_21, *(["VHS_VideoCombine"] if name.endswith("_savevideo") else [])]
    async with Playground(comfyui={"speed": 100, "without": lacking}, patience=1) as playground:
        assert playground.comfyui
        for node in needed_nodes(WORKFLOWS[name]).values():
            for key, value in node.inputs.items():
                if is_model_file(value):
                    playground.comfyui.add_file(folder_of(node.class_type, key, {}), str(value))
        async with running_bot(playground, folder) as bot:
            await logged(bot, f"workflow {name}: runs")
            yield playground.member(), bot, playground.comfyui


@pytest.mark.parametrize("name", [*PROMISES, *(f"{each}_savevideo" for each in PROMISES)])
@pytest.mark.long
async def test_a_plain_request_takes_the_model_that_the_server_has(
    name: str, tmp_path: Path, picture: bytes
) -> None:
    promise = PROMISES[name.removesuffix("_savevideo")]
    async with offered(name, tmp_path) as (ada, bot, comfyui):
        comfyui.pause(Stage.SAMPLING, 1)
        job = await ada.animate(picture, "the ball rolls away")
        await job.says(f" 1/{promise.steps}")
        comfyui.resume()
        clip = await job.video(timeout=90)

        check(read_video(clip.data), promise)
        assert f"{promise.settings} · `" in clip.content, clip.content
        assert len(comfyui.runs) == 1
        warned = [line for line in bot.log.splitlines() if "WARNING" in line]
        assert all("can run the workflow" in line for line in warned), warned  # the preset without its LoRA


def test_all_built_in_models_of_today_are_tried() -> None:
    tried = {*PROMISES, *(f"{each}_savevideo" for each in PROMISES)}
    assert tried == {name for name, each in WORKFLOWS.items() if each.family != "wan21_i2v"}
