"""Files that people published, as they are and without a manifest, through the whole bot."""

import json
import shutil
import tomllib
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import pytest

import comfy
from comfy.authoring.reading import read_source
from playground.comfyui import Stage
from playground.discord.model import Upload
from playground.playground import Playground
from tests.e2e.process import running_bot
from tests.e2e.test_published_workflows import warnings_of
from tests.playground.video_files import read_video

DATA = Path(__file__).parents[1] / "data" / "workflows"
TEMPLATES = tomllib.loads((DATA / "templates.toml").read_text("utf-8"))
OFFERED = [name for name, truth in TEMPLATES.items() if "refused" not in truth]
QUICK = ("video_minimax_h3_i2v",)
RATIO = 1.6  # width by height of the picture


def api_nodes(text: str) -> Mapping[str, Mapping[str, object]]:
    nodes = read_source(text).nodes
    return {name: {"class_type": node.class_type, "inputs": node.inputs} for name, node in nodes.items()}


def promised_size(workflow: comfy.Workflow) -> tuple[int, int] | None:
    return workflow.rules.size.fit(RATIO) if workflow.rules.size else None


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=() if each in QUICK else pytest.mark.long) for each in OFFERED]
)
async def test_a_file_alone_is_offered_and_its_clip_is_what_it_promises(
    name: str, tmp_path: Path, picture: bytes
) -> None:
    folder = tmp_path / "workflows"
    folder.mkdir()
    with as_file(files("comfyui_workflow_templates_json") / "templates" / f"{name}.json") as file:
        shutil.copy(file, folder / "mine.json")
    workflow = comfy.read_workflows(folder).workflows["mine"]
    preset = next(iter(workflow.presets))
    seconds = workflow.default(preset, "seconds")
    graph = json.loads(json.dumps(api_nodes((folder / "mine.json").read_text("utf-8"))))

    async with (
        Playground(
            comfyui={"speed": 100, "graphs": [graph], "sageattention": True}, patience=1
        ) as playground,
        running_bot(playground, tmp_path, WORKFLOWS_DIR=str(folder)) as bot,
    ):
        ada, comfyui = playground.member(), playground.comfyui
        assert comfyui
        comfyui.pause(Stage.SAMPLING, 1)
        last, upload = workflow.rules.last_picture, Upload(filename="end.png", data=picture)
        options = {"end": upload} if last and last.needed else {}
        job = await ada.animate(picture, "the ball rolls away", model="mine", **options)
        await job.says(" 1/")
        comfyui.resume()
        clip = read_video((await job.video(timeout=90)).data)

        assert clip.frames == workflow.frames_for(seconds if isinstance(seconds, int | float) else 5)
        assert clip.fps == pytest.approx(workflow.rules.fps, rel=0.03)
        assert promised_size(workflow) in (clip.size, None)
        assert (clip.seconds is not None) is workflow.rules.sound
        told = {text.rpartition("/")[2].split()[0] for each in job.texts if "Sampling" in (text := each.text)}
        assert len(told) == 1, told
        assert len(comfyui.runs) == 1
        assert warnings_of(bot) == []
