"""A graph that saves two clips: whatever happens, the one that the manifest names is fetched."""

import json
import sys
from pathlib import Path

import pytest

import comfy
from playground.playground import Playground
from tests.crash.scenario import HOOK
from tests.e2e.process import running_bot
from tests.playground.video_files import read_video

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
OTHER_RATE = 8  # frames a second of the clip that nobody asked for


def put_workflow(folder: Path) -> None:
    """The built-in graph with a second save node before its own, whose frames it takes as well."""
    folder.mkdir()
    graph = json.loads((comfy.BUILT_IN / "wan21_i2v.json").read_text("utf-8"))
    saver = graph["54"]
    other = {"class_type": saver["class_type"], "inputs": {**saver["inputs"], "frame_rate": OTHER_RATE}}
    (folder / "two.json").write_text(json.dumps({"12": other, **graph, "99": other}), "utf-8")
    (folder / "two.toml").write_text('extends = "wan21_i2v"\nfamily = "two"', "utf-8")


async def test_after_a_kill_the_clip_of_the_named_output_is_fetched(tmp_path: Path, picture: bytes) -> None:
    put_workflow(tmp_path / "workflows")
    settings = {
        "PYTHONPATH": str(HOOK),
        "EXPLORER": str(tmp_path),
        "WORKFLOWS_DIR": str(tmp_path / "workflows"),
    }
    async with (
        Playground(comfyui={"speed": 50}, patience=4) as playground,
        running_bot(playground, tmp_path, **settings) as bot,
    ):
        (tmp_path / "plan").write_text("after MOVE downloading #1", "utf-8")
        job = await playground.member("ada").animate(picture, "it moves", seconds=1, model="two")
        assert bot.process
        await bot.process.wait()
        (tmp_path / "plan").unlink()
        await playground.bot_offline()
        await bot.start()
        clip = read_video((await job.video()).data)

        assert (clip.frames, clip.fps) == (17, 16)
        assert len(playground.comfyui.runs) == 1
        assert not {"12", "99"} & playground.comfyui.runs[0].graph.keys()
