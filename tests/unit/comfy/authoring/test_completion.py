"""A graph alone is a workflow, and its manifest only says otherwise."""

import tomllib
from pathlib import Path

import pytest

from comfy import Workflow, WorkflowInvalid, read_workflows
from comfy.workflows.manifest import build_workflow
from tests.unit.comfy.workflows.published import NAMES, template

TEXT_TO_VIDEO = "txt_to_image_to_video"


def alone(name: str, manifest: str = "") -> Workflow:
    return build_workflow(name, template=template(name), manifest=tomllib.loads(manifest))


@pytest.mark.parametrize("name", NAMES)
def test_every_published_graph_is_a_workflow_without_a_manifest(name: str):
    workflow = alone(name)

    assert workflow.inputs.keys() >= {"image", "seed"}
    assert workflow.rules.fps or "fps" not in workflow.inputs
    assert workflow.presets


def test_a_manifest_says_only_what_differs():
    workflow = alone(
        "ex_image_to_video_wan22_14B",
        'title.en = "M"\ninputs.frames = ["50.batch_size"]\npresets.best = {}',
    )

    assert workflow.title == {"en": "M"}
    assert [str(place) for place in workflow.inputs["frames"]] == ["50.batch_size"]
    assert [str(place) for place in workflow.inputs["prompt"]] == ["6.text"]
    assert list(workflow.presets) == ["best"]


def test_an_empty_list_takes_an_input_away():
    assert "denoise" in alone("hunyuan15").inputs
    assert "denoise" not in alone("hunyuan15", "inputs.denoise = []").inputs


def test_a_switch_for_few_steps_is_offered_as_a_preset():
    workflow = alone("video_wan2_2_14B_i2v")

    assert (workflow.default("turbo", "steps"), workflow.default("turbo", "cfg")) == (4, 1)
    assert (workflow.default("quality", "steps"), workflow.default("quality", "cfg")) == (20, 3.5)


def test_a_graph_without_a_place_for_a_picture_is_refused_with_where_to_name_one():
    with pytest.raises(WorkflowInvalid, match="inputs: image is missing"):
        alone(TEXT_TO_VIDEO)


def test_a_graph_that_is_put_into_the_folder_is_found(tmp_path: Path):
    (tmp_path / "mine.json").write_text(template("hunyuan15"), "utf-8")

    loaded = read_workflows(tmp_path)

    assert (list(loaded.workflows), loaded.invalid) == (["mine"], ())
