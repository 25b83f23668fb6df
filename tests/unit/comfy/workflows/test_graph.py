"""A workflow and values become a graph: pure, checked, complete."""

import copy
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy import Workflow, WorkflowInvalid
from comfy.graphs.nodes import NodeInput, Stage, TemplateNode
from comfy.graphs.tracing import LastPicture
from comfy.workflows.graph import build_graph
from tests.unit.comfy.job_values import graph, values
from tests.unit.comfy.workflows.published import parse_workflow, published, template


def test_values_and_picture_stand_in_all_their_places(wan: Workflow):
    nodes = graph(wan, seed=9, width=480, height=832, frames=33).as_json()

    inputs = {name: node["inputs"] for name, node in nodes.items()}  # type: ignore[index]
    assert inputs["42"]["image"] == "animate/p1.png [temp]"
    assert inputs["49"]["positive_prompt"] == "she smiles"
    assert inputs["52"]["seed"] == 9
    assert (inputs["41"]["width"], inputs["50"]["width"]) == (480, 480)
    assert (inputs["41"]["height"], inputs["50"]["height"]) == (832, 832)
    assert inputs["50"]["num_frames"] == 33
    assert inputs["50"]["start_image"] == ["41", 0]


@settings(deadline=None)  # a busy machine
@given(seed=st.integers(0, 2**32 - 1), prompt=st.text())
def test_filling_leaves_the_workflow_as_it_was(workflows: Mapping[str, Workflow], seed: int, prompt: str):
    wan = workflows["wan21_i2v"]
    before = copy.deepcopy(wan)

    build_graph(wan, values(seed=seed, prompt=prompt), "x.png")

    assert wan == before


def test_the_same_values_give_the_same_graph(wan: Workflow):
    assert graph(wan) == graph(wan)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"speed": 1}, "speed is not a value"),
        ({"prompt": ["45", 0]}, "prompt is not a text"),
        ({"seed": "7"}, "seed is not a whole number"),
        ({"seed": 7.0}, "seed is not a whole number"),
        ({"seed": 2**32}, "seed is not one of 0 … 4294967295"),
        ({"seed": 10**400}, "seed is not one of 0 … 4294967295"),
        ({"steps": True}, "steps is not a whole number"),
        ({"cfg": "six"}, "cfg is not a number"),
        ({"cfg": float("nan")}, "cfg is not a finite number"),
        ({"cfg": 13}, "cfg is not one of 1 … 12"),
        ({"frames": 80}, "frames is not one of 17 … 81 in steps of 4"),
        ({"frames": 85}, "frames is not one of"),
        ({"width": 250}, "width is not one of"),
        ({"denoise": 0}, "denoise is not one of"),
    ],
)
def test_a_wrong_value_is_refused_by_name(wan: Workflow, changed: Mapping[str, object], problem: str):
    with pytest.raises(WorkflowInvalid, match=problem):
        graph(wan, **changed)


def test_where_a_value_is_missing_the_presets_counts_else_the_templates(wan: Workflow):
    without = {name: value for name, value in values().items() if name not in ("steps", "cfg")}

    quality = build_graph(wan, without, "x.png", preset="quality").nodes["52"].inputs
    plain = build_graph(wan, without, "x.png").nodes["52"].inputs

    assert (quality["steps"], quality["cfg"]) == (28, 6.0)
    assert (plain["steps"], plain["cfg"]) == (20, 6.0)


def test_a_value_that_the_workflow_has_no_place_for_is_ignored(wan: Workflow):
    inputs = {name: places for name, places in wan.inputs.items() if name != "shift"}

    assert graph(replace(wan, inputs=inputs)).nodes["52"].inputs["shift"] == 5.0


def test_what_was_chosen_sets_its_inputs(wan: Workflow):
    back = build_graph(wan, values(), "x.png", {"pingpong": "back"})

    assert back.nodes["54"].inputs["pingpong"] is True
    assert graph(wan).nodes["54"].inputs["pingpong"] is False


@pytest.mark.parametrize("choices", [{"pingpong": "twice"}, {"colour": "red"}])
def test_what_is_not_offered_cannot_be_chosen(wan: Workflow, choices: Mapping[str, str]):
    with pytest.raises(WorkflowInvalid, match="is not offered"):
        build_graph(wan, values(), "x.png", choices)


def test_a_preset_sets_further_inputs_and_the_step_of_the_second_model_follows_the_steps() -> None:
    workflow = published("video_wan2_2_14B_i2v")

    turbo = build_graph(workflow, {"prompt": "go", "steps": 6}, "x.png", preset="turbo").nodes
    fast = build_graph(workflow, {"prompt": "go"}, "x.png", preset="fast").nodes

    assert turbo["129:131"].inputs["value"] is True
    assert [turbo[node].inputs["value"] for node in ("129:118", "129:124", "129:122")] == [6, 3, 1.0]
    assert fast["129:131"].inputs["value"] is False
    assert [fast[node].inputs["value"] for node in ("129:128", "129:127", "129:126")] == [20, 10, 3.5]


def test_what_is_chosen_wins_over_what_a_preset_sets() -> None:
    more = """
[choices.model]
default = "low"
options.low.set = { "129:131.value" = false }
options.high.set = { "129:131.value" = true }
"""
    workflow = published("video_wan2_2_14B_i2v", more)
    plain = build_graph(workflow, {}, "x.png", preset="turbo")
    chosen = build_graph(workflow, {}, "x.png", {"model": "low"}, preset="turbo")
    assert plain.nodes["129:131"].inputs["value"] is True
    assert chosen.nodes["129:131"].inputs["value"] is False


def test_words_stand_around_each_prompt() -> None:
    workflow = published("hunyuan15", before='prompt_prefix = "A film. "\nprompt_suffix = " In 4k."')
    assert build_graph(workflow, {"prompt": "She smiles."}, "x.png").nodes["44"].inputs["text"] == (
        "A film. She smiles. In 4k."
    )


def test_only_the_output_and_what_it_needs_is_sent() -> None:
    workflow = published("new_Wan22_api")
    assert "130" in workflow.nodes
    assert "130" not in build_graph(workflow, {}, "x.png").nodes


def test_without_a_last_picture_its_nodes_are_left_out() -> None:
    workflow = published("video_wan2_2_14B_flf2v")
    both = build_graph(workflow, {}, "a.png", last_image="b.png").nodes
    one = build_graph(workflow, {}, "a.png").nodes
    assert (both["80"].inputs["image"], both["89"].inputs["image"]) == ("a.png", "b.png")
    assert both["81"].inputs["end_image"] == ["89", 0]
    assert "89" not in one
    assert "end_image" not in one["81"].inputs


def test_a_last_picture_that_is_needed_and_missing_is_refused() -> None:
    workflow = published("video_wan2_2_14B_flf2v")
    rules = replace(workflow.rules, last_picture=LastPicture(needed=True))
    with pytest.raises(WorkflowInvalid, match="it needs a last picture"):
        build_graph(replace(workflow, rules=rules), {}, "a.png")


def test_a_whole_number_is_sent_as_one_where_the_template_has_one() -> None:
    workflow = published("ltxv_image_to_video")
    nodes = build_graph(workflow, {"fps": 24.0, "cfg": 4.0, "frames": 97}, "x.png").nodes
    assert repr(nodes["80"].inputs["fps"]) == "24"


def test_side_outputs_are_not_sent(wan: Workflow):
    side = {
        "98": TemplateNode(class_type="ImageScale", inputs={"image": ["53", 0]}),
        "99": TemplateNode(class_type="SaveImage", inputs={"images": ["98", 0], "filename_prefix": "side"}),
    }
    prefix = (*wan.inputs["prefix"], NodeInput(node="99", input="filename_prefix"))
    both = replace(wan, nodes={**wan.nodes, **side}, inputs={**wan.inputs, "prefix": prefix})

    assert graph(both).as_json() == graph(wan).as_json()
    assert graph(both).nodes.keys() == wan.nodes.keys()


def test_the_steps_that_each_sampler_takes_are_known_before(wan: Workflow):
    sampler = wan.nodes["52"]
    inputs = {**sampler.inputs, "samples": ["52", 0], "steps": 20, "start_step": 4}
    second = replace(wan.nodes["53"], inputs={**wan.nodes["53"].inputs, "samples": ["60", 0]})
    nodes = {**wan.nodes, "60": replace(sampler, inputs=inputs), "53": second}
    workflow = replace(wan, nodes=nodes, stages={**wan.stages, "60": Stage.SAMPLING})

    assert graph(wan, steps=12, denoise=0.5).sampler_steps == {"52": 7}
    assert graph(workflow, steps=12).sampler_steps == {"52": 12, "60": 16}


def test_seconds_that_frames_came_to_stay_within_what_the_node_takes() -> None:
    text = 'output = "75"\nfps = 29.97\n[inputs]\nimage = ["269.image"]\nprompt = ["320:319.value"]\n'
    text += 'seconds = ["320:301.value"]\n'
    workflow = parse_workflow("mine", template=template("video_ltx2_3_i2v"), manifest=text)
    frames = workflow.frames_for(5)
    assert frames

    graph = build_graph(
        workflow, {"prompt": "go", "frames": frames, "seconds": (frames - 1) / 29.97}, "x.png"
    )

    assert graph.nodes["320:301"].inputs["value"] == 5


def test_a_number_that_the_workflow_has_no_place_for_is_in_nobodys_range() -> None:
    workflow = published("ex_workflow_image_to_video", before="ranges.frames = { least = 20, most = 40 }")
    assert build_graph(workflow, {"frames": 14, "seed": 1}, "x.png").output == "10"
