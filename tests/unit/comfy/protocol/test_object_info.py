"""What a server has decides which workflow runs, and how its graph is spelled."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from comfy import BadAnswer, MissingModel, ModelFiles, NodeMissing, Workflow
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.workflows.adapt import adapt, find_missing
from tests.unit.comfy import recorded

LORA = ModelFiles().lora


def classes(workflow: Workflow) -> set[str]:
    return {node.class_type for node in workflow.nodes.values()}


def catalogue(workflow: Workflow, answer: Any = None) -> NodeClasses:
    return parse_object_info(answer or recorded.load("object_info"), classes(workflow))


@pytest.fixture
def object_info() -> Any:
    """A recorded answer to change."""
    return copy.deepcopy(recorded.load("object_info"))


def dropdown(object_info: Any, class_type: str, name: str) -> list[str]:
    return object_info[class_type]["input"]["required"][name][0]


def test_a_server_with_nodes_and_files_lacks_nothing(workflows: Mapping[str, Workflow]):
    for name in ("wan21_i2v", "wan21_i2v_seed"):
        assert find_missing(workflows[name], catalogue(workflows[name]), ModelFiles()) == ()


def test_a_model_file_that_is_not_there_is_named(workflows: Mapping[str, Workflow]):
    turbo = workflows["wan21_i2v_lightx2v"]

    (lack,) = find_missing(turbo, catalogue(turbo), ModelFiles())

    assert isinstance(lack, MissingModel)
    assert (lack.file, lack.class_type, lack.node) == (LORA, "WanVideoLoraSelect", "56")


def test_a_node_that_is_not_installed_is_named(wan: Workflow, object_info: Any):
    del object_info["WanVideoSampler"]

    (lack,) = find_missing(wan, catalogue(wan, object_info), ModelFiles())

    assert isinstance(lack, NodeMissing)
    assert (lack.class_type, lack.node) == ("WanVideoSampler", "52")


@pytest.mark.parametrize("there", ["wan2.1\\Wan2_1_VAE_bf16.safetensors", "Wan2_1_VAE_bf16.safetensors"])
def test_files_are_found_by_base_name_and_spelled_as_the_server_does(
    wan: Workflow, object_info: Any, there: str
):
    dropdown(object_info, "WanVideoVAELoader", "model_name")[:] = ["other/VAE.safetensors", there]
    known = catalogue(wan, object_info)

    assert find_missing(wan, known, ModelFiles()) == ()
    assert adapt(wan, known, ModelFiles()).nodes["43"].inputs["model_name"] == there


def test_an_exact_name_wins_over_one_in_another_folder(wan: Workflow, object_info: Any):
    vae = ModelFiles().vae
    dropdown(object_info, "WanVideoVAELoader", "model_name").insert(0, "a/Wan2_1_VAE_bf16.safetensors")

    assert adapt(wan, catalogue(wan, object_info), ModelFiles()).nodes["43"].inputs["model_name"] == vae


def test_the_case_of_a_name_counts(wan: Workflow, object_info: Any):
    dropdown(object_info, "WanVideoVAELoader", "model_name")[:] = ["wan2_1_vae_bf16.safetensors"]

    assert [type(lack) for lack in find_missing(wan, catalogue(wan, object_info), ModelFiles())] == [
        MissingModel
    ]


def test_the_attention_is_the_setting_and_not_what_the_document_had(workflows: Mapping[str, Workflow]):
    seed = workflows["wan21_i2v_seed"]
    known = catalogue(seed)

    assert adapt(seed, known, ModelFiles()).nodes["48"].inputs["attention_mode"] == "sdpa"
    faster = ModelFiles(attention="sageattn")
    assert adapt(seed, known, faster).nodes["48"].inputs["attention_mode"] == "sageattn"


def test_widgets_of_the_chosen_format_stay_and_unknown_inputs_go(wan: Workflow):
    nodes = dict(wan.nodes)
    nodes["54"] = replace(nodes["54"], inputs={**nodes["54"].inputs, "profile": "lt", "magic": 1})

    fitted = adapt(replace(wan, nodes=nodes), catalogue(wan), ModelFiles()).nodes["54"].inputs

    assert fitted == wan.nodes["54"].inputs
    assert fitted["save_metadata"] is False


def test_a_required_input_of_a_newer_node_is_filled_with_its_default(wan: Workflow, object_info: Any):
    required = object_info["WanVideoSampler"]["input"]["required"]
    required["guidance"] = ["FLOAT", {"default": 1.5}]
    required["mode"] = ["COMBO", {"options": ["plain", "fancy"]}]
    required["mask"] = ["MASK"]

    inputs = adapt(wan, catalogue(wan, object_info), ModelFiles()).nodes["52"].inputs

    assert (inputs["guidance"], inputs["mode"]) == (1.5, "plain")
    assert "mask" not in inputs


def test_a_workflow_that_fits_already_stays_as_it_is(wan: Workflow):
    assert adapt(wan, catalogue(wan), ModelFiles()) == wan


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
