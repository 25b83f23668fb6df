"""What `/object_info` says of node classes, and how a dropdown spells a file."""

import json
from typing import Any

import pytest

from comfy import BadAnswer
from comfy.protocol.object_info import (
    base_name,
    dropdown,
    find_choice,
    is_model_file,
    parse_all_classes,
    parse_object_info,
)
from tests.unit.comfy import recorded_responses as recorded


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"LoadImage": None},
        {"LoadImage": {}},
        {"LoadImage": {"input": {"required": []}}},
        {"LoadImage": {"input": {"required": {"image": []}}}},
        {"LoadImage": {"input": {"required": {"image": ["IMAGE", 3]}}}},
        {"LoadImage": {"input": {"required": {"image": ["X", {"formats": {"a": ["b"]}}]}}}},
    ],
)
def test_an_answer_of_another_shape_is_a_bad_answer(answer: object):
    with pytest.raises(BadAnswer):
        parse_object_info(json.loads(json.dumps(answer)), {"LoadImage"})


def test_nodes_that_no_workflow_uses_are_not_read():
    assert parse_object_info({"Odd": "anything"}, {"LoadImage"}) == {}


def loaders() -> Any:
    return parse_object_info(recorded.load("object_info"), {"WanVideoVAELoader", "LoadImage"})


def test_all_classes_are_read_but_those_that_make_no_sense():
    answer = {"Good": {"input": {}}, "Bad": {"input": {"required": []}}, "Worse": None}
    assert parse_all_classes(answer).keys() == {"Good"}
    with pytest.raises(BadAnswer):
        parse_all_classes([])


def test_a_dropdown_has_its_entries_and_other_inputs_have_none():
    assert "wan2.1/Wan2_1_VAE_bf16.safetensors" in dropdown(loaders(), "WanVideoVAELoader", "model_name")
    assert dropdown(loaders(), "LoadImage", "no such input") == ()


def test_a_file_is_found_by_its_base_name():
    choices = {"X": {"input": {"required": {"file": [["a\\b.gguf", "c.gguf"]]}}}}
    node_classes = parse_object_info(choices, {"X"})

    assert find_choice(node_classes, "X", "file", "c.gguf") == "c.gguf"
    assert find_choice(node_classes, "X", "file", "other/b.gguf") == "a\\b.gguf"
    assert find_choice(node_classes, "X", "file", "B.gguf") is None


@pytest.mark.parametrize(
    ("wanted", "entries", "found"),
    [
        ("wan22/high.pt", ["other/high.pt", "wan22/high.pt"], "wan22/high.pt"),
        ("wan22/high.pt", ["other/high.pt", "wan22\\high.pt"], "wan22\\high.pt"),
        ("wan22\\high.pt", ["other/high.pt", "loras/wan22/high.pt"], "loras/wan22/high.pt"),
        ("a/wan22/high.pt", ["a/other/high.pt", "b/wan22/high.pt"], "b/wan22/high.pt"),
        ("wan22/high.pt", ["a/b/high.pt", "other/high.pt", "high.pt"], "high.pt"),
        ("wan22/high.pt", ["a/b/high.pt", "b/high.pt", "c/high.pt"], "b/high.pt"),
        ("high.pt", ["wan22/high.pt", "high.pt"], "high.pt"),
        ("wan22/high.pt", ["other/high.pt"], "other/high.pt"),
        ("wan22/high.pt", ["wan22/low.pt"], None),
    ],
)
def test_a_file_is_matched_by_its_folders_before_by_its_base_name(
    wanted: str, entries: list[str], found: str | None
):
    node_classes = parse_object_info({"X": {"input": {"required": {"file": [entries]}}}}, {"X"})

    assert find_choice(node_classes, "X", "file", wanted) == found


def test_model_files_are_known_by_their_suffix():
    assert base_name("a\\b/c.gguf") == "c.gguf"
    assert is_model_file("c.gguf")
    assert not is_model_file("c.png")
    assert not is_model_file(["1", 0])


def test_what_the_page_shows_of_an_input():
    spec = {
        "required": {
            "seed": ["INT", {}],
            "value": ["INT", {"control_after_generate": True}],
            "noise_seed": ["INT", {"control_after_generate": False}],
            "width": ["INT", {"forceInput": True}],
            "rate": ["FLOAT,INT", {"widgetType": "FLOAT"}],
        }
    }
    answer = {"X": {"input": spec, "python_module": "custom_nodes.ComfyUI-Some.Pack"}}
    node_class = parse_object_info(answer, {"X"})["X"]

    assert [name for name, each in node_class.inputs.items() if each.controlled] == ["seed", "value"]
    assert [name for name, each in node_class.inputs.items() if each.only_linked] == ["width"]
    assert node_class.inputs["rate"].widget_kind == "FLOAT"
    assert node_class.pack == "ComfyUI-Some.Pack"


@pytest.mark.parametrize("module", [None, "nodes", "comfy_extras.nodes_wan"])
def test_comfyuis_own_nodes_are_of_no_pack(module: object):
    assert parse_object_info({"X": {"input": {}, "python_module": module}}, {"X"})["X"].pack == ""


def test_formats_that_are_only_advice_bring_no_inputs():
    """VideoHelperSuite's loaders of clips."""
    formats = {"formats": {"None": {}, "Wan": {"target_rate": 16, "dim": [8, 0, 832, 480]}}}
    answer = {"X": {"input": {"optional": {"format": [["None", "Wan"], formats]}}}}

    assert parse_object_info(answer, {"X"})["X"].inputs["format"].brings == {}
