"""Graphs that people published, each with a manifest of about fourteen lines, through the whole bot."""

import json
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import comfy
from playground.comfyui import ComfyUI, Stage
from playground.members import Member
from playground.playground import Playground
from tests.e2e.process import BotProcess, running_bot
from tests.playground.video_files import VideoFile, read_video

DATA = Path(__file__).parents[1] / "data" / "workflows"


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What the clip of a plain request has: frames, a second, pixels, all sampling steps, and sound."""

    frames: int
    fps: float
    size: tuple[int, int]
    steps: int
    sound: bool = False
    settings: str


PROMISES = {
    "cogvideox_1_5_5b_I2V_01": Promise(
        frames=49, fps=16, size=(1296, 800), steps=25, settings="25 steps · cfg 6 · 1296×800 · 3 s"
    ),
    "ex_image_to_video_cosmos_7B": Promise(
        frames=121, fps=24, size=(1024, 1024), steps=20, settings="20 steps · cfg 6.5 · 1024×1024 · 5 s"
    ),
    "ex_image_to_video_wan22_14B": Promise(
        frames=81, fps=16, size=(976, 608), steps=20, settings="fast · 20 steps · cfg 3.5 · 976×608 · 5 s"
    ),
    "ex_image_to_video_wan22_5B": Promise(
        frames=41, fps=24, size=(1216, 736), steps=30, settings="30 steps · cfg 5 · 1216×736 · 1.7 s"
    ),
    "ex_workflow_image_to_video": Promise(
        frames=14, fps=10, size=(1024, 576), steps=20, settings="20 steps · cfg 2.5 · 1024×576 · 1.3 s"
    ),
    "hunyuan15": Promise(
        frames=121, fps=24, size=(1216, 752), steps=20, settings="20 steps · cfg 6 · 1216×752 · 5 s"
    ),
    "ltxv_image_to_video": Promise(
        frames=97, fps=24, size=(800, 480), steps=30, settings="30 steps · cfg 3 · 800×480 · 4 s"
    ),
    "new_CogVideoX_api": Promise(
        frames=81, fps=16, size=(720, 480), steps=15, settings="15 steps · cfg 6 · 720×480 · 5 s"
    ),
    "new_Wan22_api": Promise(frames=81, fps=16, size=(800, 496), steps=8, settings="8 steps · 800×496 · 5 s"),
    "oelala_wan22_enhanced_q4km_api": Promise(
        frames=41, fps=16, size=(608, 384), steps=4, settings="4 steps · cfg 1 · 608×384 · 2.5 s"
    ),
    "video_fastvideo_fasth3_i2v": Promise(
        frames=124, fps=24, size=(0, 0), steps=8, sound=True, settings="8 steps · 5.1 s"
    ),
    "video_ltx2_3_i2v": Promise(
        frames=121, fps=25, size=(1216, 768), steps=11, sound=True, settings="1216×768 · 4.8 s"
    ),
    "video_wan2_2_14B_flf2v": Promise(
        frames=81, fps=16, size=(816, 512), steps=20, settings="20 steps · cfg 4 · 816×512 · 5 s"
    ),
    "video_wan2_2_14B_i2v": Promise(
        frames=81, fps=16, size=(816, 512), steps=4, settings="turbo · 4 steps · cfg 1 · 816×512 · 5 s"
    ),
    "video_wan2_2_5B_ti2v": Promise(
        frames=121, fps=24, size=(1216, 736), steps=20, settings="20 steps · cfg 5 · 1216×736 · 5 s"
    ),
    "video_wan_vace_14B_ref2v": Promise(
        frames=81, fps=16, size=(976, 608), steps=4, settings="4 steps · cfg 1 · 976×608 · 5 s"
    ),
    "wanvideo2_2_I2V_A14B_example_WIP": Promise(
        frames=81, fps=16, size=(912, 576), steps=6, settings="turbo · 6 steps · 912×576 · 5 s"
    ),
}
QUICK = ("ex_workflow_image_to_video", "oelala_wan22_enhanced_q4km_api")


@asynccontextmanager
async def offered(name: str, folder: Path) -> AsyncGenerator[tuple[Member, BotProcess, ComfyUI]]:
    """A bot that offers that graph, and a ComfyUI that has what it names."""
    workflows = folder / "workflows"
    workflows.mkdir()
    shutil.copy(DATA / "api" / f"{name}.json", workflows)
    shutil.copy(DATA / "manifests" / f"{name}.toml", workflows)
    graph = json.loads((DATA / "api" / f"{name}.json").read_text("utf-8"))
    comfyui = {"speed": 100, "graphs": [graph], "sageattention": True}
    async with (
        Playground(comfyui=comfyui, patience=1) as playground,
        running_bot(playground, folder, WORKFLOWS_DIR=str(workflows)) as bot,
    ):
        yield playground.member(), bot, playground.comfyui


def warnings_of(bot: BotProcess) -> list[str]:
    """The warnings in its log, but for built-in presets whose files the server of the graph lacks."""
    lines = [line for line in bot.log.splitlines() if "WARNING" in line]
    return [line for line in lines if "no server can run the workflow" not in line]


def check(clip: VideoFile, promise: Promise) -> None:
    """Hold the decoded clip against what was promised."""
    assert (clip.frames, clip.fps) == (promise.frames, pytest.approx(promise.fps, rel=0.03))
    assert promise.size in (clip.size, (0, 0))
    assert (clip.seconds is not None) is promise.sound


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=() if each in QUICK else pytest.mark.long) for each in PROMISES]
)
async def test_a_plain_request_keeps_every_promise(name: str, tmp_path: Path, picture: bytes) -> None:
    promise = PROMISES[name]
    async with offered(name, tmp_path) as (ada, bot, comfyui):
        comfyui.pause(Stage.SAMPLING, 1)
        job = await ada.animate(picture, "the ball rolls away", model=name)
        await job.says(f" 1/{promise.steps}")
        comfyui.resume()
        clip = await job.video(timeout=90)

        check(read_video(clip.data), promise)
        told = [each.text for each in job.texts if "Sampling" in each.text]
        assert all(f"/{promise.steps}" in text for text in told), told
        assert f"{promise.settings} · `" in clip.content, clip.content
        assert len(comfyui.runs) == 1
        assert warnings_of(bot) == []


def test_all_published_graphs_are_tried() -> None:
    assert PROMISES.keys() == {file.stem for file in (DATA / "manifests").glob("*.toml")}


async def test_the_graph_without_a_picture_is_left_out_and_named(tmp_path: Path) -> None:
    shutil.copy(DATA / "api" / "txt_to_image_to_video.json", tmp_path)
    nodes: Mapping[str, Mapping[str, str]] = json.loads(
        (tmp_path / "txt_to_image_to_video.json").read_text("utf-8")
    )
    saver = next(name for name, node in nodes.items() if node["class_type"].startswith("Save"))
    (tmp_path / "txt_to_image_to_video.toml").write_text(f'output = "{saver}"', "utf-8")

    loaded = comfy.read_workflows(comfy.BUILT_IN, tmp_path)

    assert "txt_to_image_to_video" not in loaded.workflows
    assert "inputs: image is missing" in str(loaded.invalid[0])
