"""Workflows are files: a template in API format and a manifest, and what is wrong with them is said."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from comfy import BUILT_IN, Preset, Stage, WorkflowInvalid, load_workflows
from comfy.authoring.source_graph import ModelFile
from comfy.graphs.nodes import NodeInput
from comfy.workflows.workflow import Role
from tests.unit.comfy.workflows.published import parse_workflow, published, template

TEMPLATE = json.dumps(
    {
        "1": {"class_type": "LoadImage", "inputs": {"image": "IMAGE"}},
        "2": {"class_type": "KSampler", "inputs": {"seed": 0, "steps": 20, "image": ["1", 0]}},
        "3": {"class_type": "Odd", "inputs": {"images": ["2", 0]}},
    }
)
MANIFEST = """
output = "3"
inputs.image = ["1.image"]
inputs.seed = ["2.seed"]
stages.1 = "encoding"
"""

WAN_21 = {name: each for name, each in load_workflows(BUILT_IN).items() if each.family == "wan21_i2v"}


def refusal(template: str = TEMPLATE, manifest: str = MANIFEST) -> str:
    with pytest.raises(WorkflowInvalid) as caught:
        parse_workflow("mine", template=template, manifest=manifest)
    return str(caught.value)


def test_those_of_wan_21_come_in_the_order_of_their_priority():
    assert list(WAN_21) == [
        "wan21_i2v",
        "wan21_i2v_lightx2v",
        "wan21_i2v_seed",
        "wan21_i2v_native",
        "wan21_i2v_native_savevideo",
    ]


def test_every_workflow_of_wan_21_places_every_value_of_a_job():
    names = {"image", "prompt", "negative_prompt", "seed", "steps", "cfg", "shift", "denoise"}
    for workflow in WAN_21.values():
        assert workflow.inputs.keys() == names | {"width", "height", "frames", "fps", "prefix"}
        assert workflow.title.keys() == workflow.description.keys() == {"en", "zh"}


def test_presets_are_those_people_choose_from():
    presets = {name: workflow.presets for name, workflow in WAN_21.items()}

    three = {name: Preset(values={"steps": steps, "cfg": 6, "shift": 5}) for name, steps in STEPS.items()}
    turbo = Preset(values={"steps": 4, "cfg": 1, "shift": 5})
    assert presets.pop("wan21_i2v_lightx2v") == {"turbo": turbo}
    assert list(presets.values()) == [three] * 4


STEPS = {"draft": 10, "fast": 20, "quality": 28}


def test_one_value_may_fill_several_nodes():
    workflow = load_workflows(BUILT_IN)["wan21_i2v"]

    assert workflow.inputs["width"] == (
        NodeInput(node="41", input="width"),
        NodeInput(node="50", input="width"),
    )
    assert workflow.installed[Role.MODEL] == (NodeInput(node="48", input="model"),)


def test_nothing_that_need_not_stay_is_left_on_the_server():
    # SaveVideo, the last resort, knows no such switches: the doctor says what stays.
    for name, workflow in load_workflows(BUILT_IN).items():
        if name.endswith("_savevideo"):
            continue
        saving = workflow.nodes[workflow.output].inputs
        assert saving["save_output"] is False
        assert saving["save_metadata"] is False


def test_stages_come_from_the_manifest_else_from_the_class_and_the_output_saves():
    workflow = parse_workflow("mine", template=TEMPLATE, manifest=MANIFEST)

    assert workflow.stages == {"1": Stage.ENCODING, "2": Stage.SAMPLING, "3": Stage.SAVING}


def test_a_later_folder_replaces_a_workflow_of_the_same_name(tmp_path: Path):
    (tmp_path / "wan21_i2v.json").write_text(TEMPLATE, "utf-8")
    (tmp_path / "wan21_i2v.toml").write_text(MANIFEST, "utf-8")

    assert load_workflows(BUILT_IN, tmp_path)["wan21_i2v"].output == "3"


def test_a_manifest_without_its_graph_is_refused(tmp_path: Path):
    (tmp_path / "lonely.toml").write_text(MANIFEST, "utf-8")

    with pytest.raises(WorkflowInvalid, match=r"lonely\.json is missing beside lonely\.toml"):
        load_workflows(BUILT_IN, tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(WorkflowInvalid, match="no such folder"):
        load_workflows(BUILT_IN, tmp_path / "mine")


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("{", "mine.json: it is not JSON"),
        ("[]", "mine.json: it is a list, not a workflow"),
        ('{"1": {"inputs": {}}}', "mine.json: it is JSON, but neither format of ComfyUI"),
        ('{"1": {"class_type": "X", "inputs": []}}', "mine.json: inputs of node 1 is not an object"),
    ],
)
def test_a_broken_template_is_refused_by_name_and_place(template: str, part: str):
    assert part in refusal(template=template)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("colour = 1", "key: colour is not known"),
        ("inputs.speed = ['2.seed']", "inputs: speed is not known"),
        ("inputs.steps = ['2.stride']", "inputs.steps: the template has no input 2.stride"),
        ("inputs.steps = ['9.steps']", "inputs.steps: the template has no input 9.steps"),
        ("inputs.steps = '2.steps'", "inputs.steps is not a list"),
        ("installed.tokenizer = []", "installed: tokenizer is not known"),
        ("stages.2 = 'dreaming'", "stages: dreaming is not known"),
        ("stages.9 = 'saving'", "stages: 9 is not known"),
        ("presets.fast = {steps = 'many'}", "presets.fast.steps is not a number"),
        ("presets.fast = {speed = 1}", "presets.fast: speed is not known"),
        ("ranges.frames = {from = 1}", "ranges.frames: from is not known"),
        ("title = 'Mine'", "title is not an object"),
        ("alternatives.model = 'a.gguf'", "alternatives.model is not a list"),
        ("alternatives.tokenizer = []", "alternatives: tokenizer is not known"),
        ("unusable.t5 = [1]", "unusable.t5 is not a text"),
        ("choices.loop = {}", "choices.loop.default is not a text"),
        ("choices.loop = {default = 'on'}", "choices.loop.default: on is not known"),
        ("choices.loop = {colour = 1}", "choices.loop: colour is not known"),
        ("choices.loop.options.on = {sets = 1}", "choices.loop.on: sets is not known"),
        ("choices.loop.options.on.set = {'2.stride' = 1}", "the template has no input 2.stride"),
        ("choices.loop.options.on.set = {'2.steps' = ['1', 0]}", "2.steps can be a text, a number"),
    ],
)
def test_a_broken_manifest_is_refused_by_name_and_place(line: str, part: str):
    assert part in refusal(manifest=MANIFEST + line)


def test_the_default_of_a_choice_is_set_in_the_template():
    choice = """
[choices.length]
default = "long"
title.en = "Length"
options.short.set = { "2.steps" = 5 }
options.long = { title = { en = "Long" }, set = { "2.steps" = 50 } }
"""
    workflow = parse_workflow("mine", template=TEMPLATE, manifest=MANIFEST + choice)

    assert workflow.nodes["2"].inputs["steps"] == 50
    assert workflow.choices["length"].title == {"en": "Length"}
    assert workflow.choices["length"].options["long"].title == {"en": "Long"}
    assert workflow.choices["length"].options["short"].sets == {NodeInput(node="2", input="steps"): 5}


def test_without_an_output_the_node_that_saves_the_clip_is_it():
    manifest = MANIFEST.replace('output = "3"', "")

    saving = TEMPLATE.replace("Odd", "SaveVideo")

    assert parse_workflow("mine", template=saving, manifest=manifest).output == "3"
    assert "output: no node saves a clip" in refusal(manifest=manifest)


def test_an_output_that_is_no_node_is_refused():
    assert "output: 9 is not known" in refusal(manifest="output = '9'")


PAGE = (Path(__file__).parents[4] / "docs" / "workflows.md").read_text("utf-8")


def test_the_manifest_in_the_documentation_is_one() -> None:
    text = PAGE.partition("```toml\n")[2].partition("```")[0]

    workflow = parse_workflow("mine", template=template("video_wan2_2_14B_i2v"), manifest=text)

    assert workflow == replace(published("video_wan2_2_14B_i2v"), name="mine", family="mine")


def test_the_crf_is_an_input_of_the_output():
    manifest = MANIFEST.replace('output = "3"', 'output = "3"\ncrf = "3.images"')
    assert parse_workflow("mine", template=TEMPLATE, manifest=manifest).crf == NodeInput(
        node="3", input="images"
    )

    assert "crf: it must be an input of node 3" in refusal(manifest='crf = "2.steps"' + MANIFEST)


def test_where_files_and_packs_come_from_is_read_and_must_be_texts():
    more = 'models = [{ name = "a.pt", folder = "vae", url = "https://x" }]\npacks = { New = "pack" }\n'
    workflow = parse_workflow("mine", template=TEMPLATE, manifest=more + MANIFEST)
    assert workflow.models == (ModelFile(name="a.pt", folder="vae", url="https://x"),)
    assert workflow.packs == {"New": "pack"}
    for wrong in ('models = "a.pt"', "models = [{ name = 1 }]", "models = [{ link = 'x' }]", "packs = [1]"):
        with pytest.raises(WorkflowInvalid, match=r"models|packs"):
            parse_workflow("mine", template=TEMPLATE, manifest=f"{wrong}\n{MANIFEST}")
