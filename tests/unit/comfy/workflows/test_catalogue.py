"""The folder of workflows is taken up as it changes, and what is wrong in it stops nothing else."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from comfy import BUILT_IN, LoadedWorkflows, NodeClasses, open_catalogue, read_workflows
from comfy.protocol.object_info import parse_object_info
from comfy.workflows import catalogue as catalogue_module
from tests.unit.comfy.server_jobs import soon

EXTENDING = 'extends = "wan21_i2v"\nfamily = "mine"\n'
PARTNER_GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    "2": {"class_type": "KlingImage2VideoNode", "inputs": {"start_frame": ["1", 0], "prompt": "go"}},
    "3": {"class_type": "SaveVideo", "inputs": {"video": ["2", 0], "filename_prefix": "x"}},
}
PARTNER_MANIFEST = 'output = "3"\ninputs.image = ["1.image"]\ninputs.prompt = ["2.prompt"]\n'


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module, "POLL_SECONDS", 0.01)


async def test_a_workflow_that_comes_changes_and_goes_is_taken_up(tmp_path: Path) -> None:
    changed = asyncio.Event()
    async with open_catalogue(BUILT_IN, tmp_path) as workflows:
        workflows.on_change(changed.set)
        assert "mine" not in workflows

        (tmp_path / "mine.toml").write_text(EXTENDING, "utf-8")
        await soon(changed.wait())
        assert workflows["mine"].rules.fps == 16

        changed.clear()
        (tmp_path / "mine.toml").write_text(EXTENDING + "fps = 24\n", "utf-8")
        await soon(changed.wait())
        assert workflows["mine"].rules.fps == 24

        changed.clear()
        (tmp_path / "mine.toml").unlink()
        await soon(changed.wait())
        assert "mine" not in workflows


async def test_what_is_wrong_is_left_out_with_one_line_and_the_others_are_offered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.toml").write_text(EXTENDING, "utf-8")
    (tmp_path / "bad.toml").write_text(EXTENDING + "colour = 1\n", "utf-8")

    with caplog.at_level(logging.ERROR):
        async with open_catalogue(BUILT_IN, tmp_path) as workflows:
            assert "good" in workflows
            assert "bad" not in workflows

    assert [record.message for record in caplog.records] == [
        "workflow bad: bad.toml: key: colour is not known; it is left out, all others are offered"
    ]


async def test_a_workflow_that_becomes_wrong_is_left_out_until_it_is_mended(tmp_path: Path) -> None:
    changed = asyncio.Event()
    (tmp_path / "mine.toml").write_text(EXTENDING, "utf-8")
    async with open_catalogue(BUILT_IN, tmp_path) as workflows:
        workflows.on_change(changed.set)
        (tmp_path / "mine.toml").write_text("=", "utf-8")
        await soon(changed.wait())
        assert "mine" not in workflows
        assert [err.workflow for err in workflows.invalid] == ["mine"]

        changed.clear()
        (tmp_path / "mine.toml").write_text(EXTENDING, "utf-8")
        await soon(changed.wait())
        assert "mine" in workflows
        assert workflows.invalid == ()


async def test_what_servers_say_of_their_classes_counts_for_the_rules(tmp_path: Path) -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "2": {
            "class_type": "NewModelOfTomorrow",
            "inputs": {"image": ["1", 0], "width": 640, "height": 640, "length": 81},
        },
        "3": {"class_type": "SaveAnimatedWEBP", "inputs": {"images": ["2", 0], "fps": 12.0}},
    }
    manifest = """
output = "3"
inputs.image = ["1.image"]
inputs.width = ["2.width"]
inputs.height = ["2.height"]
inputs.frames = ["2.length"]
"""
    (tmp_path / "mine.json").write_text(json.dumps(graph), "utf-8")
    (tmp_path / "mine.toml").write_text(manifest, "utf-8")
    side = ["INT", {"min": 64, "max": 2048, "step": 64}]
    classes = {
        "NewModelOfTomorrow": {
            "input": {"required": {"width": side, "height": side, "length": ["INT", {"min": 9, "step": 8}]}}
        }
    }
    changed = asyncio.Event()

    async with open_catalogue(tmp_path) as workflows:
        assert workflows["mine"].frames_for(3) == 37
        workflows.on_change(changed.set)
        workflows.learn(parse_object_info(classes, classes))
        await soon(changed.wait())

        assert workflows["mine"].frames_for(3) == 41
        assert workflows["mine"].rules.size
        assert workflows["mine"].rules.size.multiple == 64


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_graph_that_sends_pictures_to_another_company_is_left_out_unless_that_is_allowed(
    tmp_path: Path, allowed: bool
) -> None:
    (tmp_path / "kling.json").write_text(json.dumps(PARTNER_GRAPH), "utf-8")
    (tmp_path / "kling.toml").write_text(PARTNER_MANIFEST, "utf-8")

    async with open_catalogue(tmp_path, allow_partner_nodes=allowed) as workflows:
        assert ("kling" in workflows) is allowed
        assert ["ALLOW_PARTNER_NODES" in str(err) for err in workflows.invalid] == [True][allowed:]


async def test_a_pair_that_is_written_while_the_folder_is_read_is_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine.toml").write_text('output = "x"\n', "utf-8")
    readings = list[int]()

    def read_and_write(*folders: Path, node_classes: NodeClasses) -> LoadedWorkflows:
        loaded = read_workflows(*folders, node_classes=node_classes)
        readings.append(len(loaded.invalid))
        (tmp_path / "mine.toml").write_text(EXTENDING, "utf-8")
        return loaded

    monkeypatch.setattr(catalogue_module, "read_workflows", read_and_write)
    async with open_catalogue(BUILT_IN, tmp_path) as workflows:
        assert "mine" in workflows
    assert readings[:2] == [1, 0]
    assert "left out" not in caplog.text
