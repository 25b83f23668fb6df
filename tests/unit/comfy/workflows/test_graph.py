"""A workflow and values become a graph: pure, checked, complete."""

import copy
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy import BUILT_IN, Workflow, WorkflowInvalid, load_workflows
from comfy.workflows.graph import build_graph
from tests.unit.comfy.job_values import graph, values


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


@settings(deadline=None)  # it reads files: slow on a busy machine
@given(st.integers(0, 2**32 - 1), st.text())
def test_filling_leaves_the_workflow_as_it_was(seed: int, prompt: str):
    wan = load_workflows(BUILT_IN)["wan21_i2v"]
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
