"""A workflow of the owner's own: a file and its manifest in a folder, and `/animate` offers it as `model`."""

from pathlib import Path

import pytest

import comfy
from playground.comfyui import ComfyUI
from playground.playground import Playground
from tests.e2e.process import logged, running_bot

CHOICE = """
[choices.mirror]
default = "no"
title = { en = "Mirror", zh = "镜像" }
options.no = { title = { en = "once", zh = "一次" }, set = { "54.pingpong" = false } }
options.yes = { title = { en = "there and back", zh = "来回" }, set = { "54.pingpong" = true } }
"""

LORA = "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors"
STYLE = f"""
[choices.style]
default = "slow"
title = {{ en = "Style", zh = "风格" }}
options.slow = {{ title = {{ en = "slow", zh = "慢" }}, set = {{ "56.strength" = 0.0 }} }}
options.quick = {{ title = {{ en = "quick", zh = "快" }}, set = {{ "56.lora" = "{LORA}" }} }}
"""


def put_workflow(folder: Path) -> None:
    """The built-in workflow under another name, with a choice and fewer steps allowed."""
    folder.mkdir(exist_ok=True)
    template = (comfy.BUILT_IN / "wan21_i2v.json").read_text(encoding="utf-8")
    manifest = (comfy.BUILT_IN / "wan21_i2v.toml").read_text(encoding="utf-8")
    manifest = manifest.replace('family = "wan21_i2v"\n', "").replace("priority = 10", "priority = 90")
    manifest = manifest.replace("steps = { least = 1, most = 50 }", "steps = { least = 1, most = 30 }")
    (folder / "house.json").write_text(template, encoding="utf-8")
    (folder / "house.toml").write_text(manifest + CHOICE, encoding="utf-8")


@pytest.mark.long
async def test_a_workflow_dropped_into_a_folder_is_offered_with_its_choices(
    tmp_path: Path, picture: bytes
) -> None:
    put_workflow(tmp_path / "workflows")
    settings = {"WORKFLOWS_DIR": str(tmp_path / "workflows")}
    async with Playground(comfyui={"speed": 50}) as playground, running_bot(playground, tmp_path, **settings):
        ada = playground.member()
        await (await ada.animate(picture, "it moves", seconds=1)).video()
        assert [value for _, value in await ada.autocomplete("animate", "model", "")] == [
            "wan21_i2v",
            "house",
        ]
        typed = await ada.autocomplete("animate", "choices", "mirror=y", model="house")
        assert [value for _, value in typed] == ["mirror=yes"]
        job = await ada.animate(picture, "it moves", model="house", choices="mirror=yes", seconds=1)
        clip = await job.video()
        assert "· fast ·" in clip.content
        again = await ada.react(clip, "🔁")
        await again.video()
        pingpong = [run.graph["54"]["inputs"]["pingpong"] for run in playground.comfyui.runs]
        assert pingpong == [False, True, True]
        refused = await ada.animate(picture, "it moves", model="house", steps=40)
        assert "between 1" in await refused.refused()
        refused = await ada.animate(picture, "it moves", model="sora")
        assert "`sora`" in await refused.refused()
        refused = await ada.animate(picture, "it moves", choices="mirror=yes")
        assert "`mirror=yes`" in await refused.refused()


async def test_a_broken_workflow_is_left_out_and_taken_up_when_it_is_mended(
    tmp_path: Path, picture: bytes
) -> None:
    folder = tmp_path / "workflows"
    put_workflow(folder)
    (folder / "house.json").write_text('{"nodes": [], "links": [], "version": 0.4}', encoding="utf-8")
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, WORKFLOWS_DIR=str(folder)) as bot,
    ):
        ada = playground.member()
        await logged(bot, "workflow wan21_i2v: runs")
        assert [value for _, value in await ada.autocomplete("animate", "model", "")] == ["wan21_i2v"]
        await (await ada.animate(picture, "it moves", seconds=1)).video()
        assert bot.log.count("it holds no node that runs") == 1

        put_workflow(folder)
        await logged(bot, "workflow house: runs")
        assert [value for _, value in await ada.autocomplete("animate", "model", "")] == [
            "wan21_i2v",
            "house",
        ]
    assert "Traceback" not in bot.log


def put_styles(folder: Path) -> None:
    """The built-in workflow with the LoRA, but as a choice."""
    folder.mkdir(exist_ok=True)
    template = (comfy.BUILT_IN / "wan21_i2v_lightx2v.json").read_text(encoding="utf-8")
    manifest = (comfy.BUILT_IN / "wan21_i2v_lightx2v.toml").read_text(encoding="utf-8")
    manifest = manifest.replace('extends = "wan21_i2v"\n', 'extends = "wan21_i2v"\nfamily = "styles"\n')
    manifest = manifest.replace('lora = ["56.lora"]\n', "")
    (folder / "styles.json").write_text(template.replace(LORA, "none"), encoding="utf-8")
    (folder / "styles.toml").write_text(manifest + STYLE, encoding="utf-8")


@pytest.mark.long
async def test_a_choice_goes_to_the_server_that_has_its_file_and_where_none_has_it_that_is_said(
    tmp_path: Path, picture: bytes
) -> None:
    put_styles(tmp_path / "workflows")
    async with (
        ComfyUI(speed=50, lora=False) as without,
        Playground(comfyui={"speed": 50}) as playground,
    ):
        settings = {
            "WORKFLOWS_DIR": str(tmp_path / "workflows"),
            "COMFYUI_URL": f"{without.url},{playground.comfyui.url}",
        }
        async with running_bot(playground, tmp_path, **settings):
            job = await playground.member().animate(
                picture, "it moves", model="styles", choices="style=quick", seconds=1
            )
            clip = await job.video()
            assert without.runs == []
            await playground.comfyui.stop()
            again = await playground.member().react(clip, "🔁")
            assert "what was chosen" in await again.says("Failed")
