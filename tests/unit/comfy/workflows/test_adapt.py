"""Files under several names, options by what is there, inputs that changed between versions of a node."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from comfy import MissingModel, ModelFiles, Workflow
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.workflows.adapt import adapt, find_missing
from comfy.workflows.manifest import parse_workflow
from tests.unit.comfy import recorded

LORA_CHOICE = """
output = "2"
[choices.style]
default = "none"
options.none.set = { "1.strength" = 0.0 }
options.paper.set = { "1.lora" = "paper.safetensors", "1.strength" = 1.0 }
options.clay.set = { "1.lora" = "clay.safetensors", "1.strength" = 0.8 }
"""
LORA_TEMPLATE = """{
"1": {"class_type": "WanVideoLoraSelect", "inputs": {"lora": "none", "strength": 1.0}},
"2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}
}"""


@pytest.fixture
def object_info() -> Any:
    """A recorded answer to change."""
    return copy.deepcopy(recorded.load("object_info"))


@pytest.fixture
def native(workflows: Mapping[str, Workflow]) -> Workflow:
    return workflows["wan21_i2v_native"]


@pytest.fixture
def core_only(workflows: Mapping[str, Workflow]) -> Workflow:
    return workflows["wan21_i2v_native_savevideo"]


def catalogue(workflow: Workflow, answer: Any) -> NodeClasses:
    return parse_object_info(answer, {node.class_type for node in workflow.nodes.values()})


def install(object_info: Any, *files: str) -> None:
    """Comfy-Org's encoders, or others, in the loaders' dropdowns."""
    for class_type, name in (("CLIPLoader", "clip_name"), ("CLIPVisionLoader", "clip_name")):
        object_info[class_type]["input"]["required"][name][0] += files


def plain(object_info: Any) -> Any:
    """SaveVideo as 0.3.64 describes it: two plain dropdowns."""
    object_info["SaveVideo"]["input"] = {
        "required": {
            "video": ["VIDEO"],
            "filename_prefix": ["STRING", {"default": "video/ComfyUI"}],
            "format": ["COMBO", {"default": "auto", "options": ["auto", "mp4"]}],
            "codec": ["COMBO", {"default": "auto", "options": ["auto", "h264"]}],
        }
    }
    return object_info


def saving(workflow: Workflow, answer: Any, **inputs: object) -> Mapping[str, object]:
    """What SaveVideo is sent, when the template has these inputs."""
    nodes = dict(workflow.nodes)
    kept = {name: nodes["14"].inputs[name] for name in ("video", "filename_prefix")}
    nodes["14"] = replace(nodes["14"], inputs={**kept, **inputs})
    fitted = adapt(replace(workflow, nodes=nodes, installed={}), catalogue(workflow, answer), ModelFiles())
    return {name: value for name, value in fitted.nodes["14"].inputs.items() if name not in kept}


def test_encoders_made_for_the_wrapper_do_not_count_for_the_core_loaders(native: Workflow, object_info: Any):
    lacks = find_missing(native, catalogue(native, object_info), ModelFiles())

    assert [lack.file for lack in lacks if isinstance(lack, MissingModel)] == [
        "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        "clip_vision_h.safetensors",
    ]


def test_the_settings_files_come_first_then_the_alternatives_in_their_order(
    native: Workflow, object_info: Any
):
    install(object_info, "umt5_xxl_fp16.safetensors", "wan\\clip_vision_h.safetensors")
    object_info["VAELoader"]["input"]["required"]["vae_name"][0].append("wan_2.1_vae.safetensors")
    known = catalogue(native, object_info)

    fitted = adapt(native, known, ModelFiles())

    assert find_missing(native, known, ModelFiles()) == ()
    assert fitted.nodes["7"].inputs["vae_name"] == ModelFiles().vae
    assert fitted.nodes["4"].inputs["clip_name"] == "umt5_xxl_fp16.safetensors"
    assert fitted.nodes["8"].inputs["clip_name"] == "wan\\clip_vision_h.safetensors"


def test_a_file_set_by_the_owner_wins_over_the_alternatives(native: Workflow, object_info: Any):
    install(object_info, "umt5_xxl_fp16.safetensors", "clip_vision_h.safetensors", "my_umt5.safetensors")
    files = ModelFiles(t5="my_umt5.safetensors")

    fitted = adapt(native, catalogue(native, object_info), files)

    assert fitted.nodes["4"].inputs["clip_name"] == "my_umt5.safetensors"


def test_options_whose_files_are_not_there_are_not_offered_and_the_others_spelled_its_way(object_info: Any):
    object_info["WanVideoLoraSelect"]["input"]["required"]["lora"][0] = ["styles\\clay.safetensors"]
    workflow = parse_workflow("mine", template=LORA_TEMPLATE, manifest=LORA_CHOICE)

    options = adapt(workflow, catalogue(workflow, object_info), ModelFiles()).choices["style"].options

    assert options.keys() == {"none", "clay"}
    assert "styles\\clay.safetensors" in options["clay"].sets.values()


def test_a_default_whose_file_is_not_there_is_lacking(object_info: Any):
    manifest = LORA_CHOICE.replace('default = "none"', 'default = "paper"')
    workflow = parse_workflow("mine", template=LORA_TEMPLATE, manifest=manifest)

    (lack,) = find_missing(workflow, catalogue(workflow, object_info), ModelFiles())

    assert isinstance(lack, MissingModel)
    assert lack.file == "paper.safetensors"


def test_what_ran_on_the_recorded_server_is_sent_as_it_was(core_only: Workflow, object_info: Any):
    assert saving(core_only, object_info, format="mp4", codec="h264") == {"format": "mp4", "codec": "h264"}


def test_plain_dropdowns_of_an_older_server_take_both_spellings(core_only: Workflow, object_info: Any):
    older = plain(object_info)

    for inputs in ({"format": "mp4", "codec": "h264"}, {"format": "mp4", "format.codec": "h264"}):
        assert saving(core_only, older, **inputs) == {"format": "mp4", "codec": "h264"}


def test_an_input_that_became_part_of_another_moves_there(core_only: Workflow, object_info: Any):
    del object_info["SaveVideo"]["input"]["optional"]["codec"]

    sent = saving(core_only, object_info, format="mp4", codec="h264")

    assert sent == {"format": "mp4", "format.codec": "h264"}


def test_inputs_of_an_entry_that_was_not_chosen_go(core_only: Workflow, object_info: Any):
    inputs = {"format": "mp4", "format.codec": "h264", "format.codec.encoding": "auto", "format.quality": 5}
    del object_info["SaveVideo"]["input"]["optional"]["codec"]

    assert saving(core_only, object_info, **inputs) == {
        "format": "mp4",
        "format.codec": "h264",
        "format.codec.encoding": "auto",
    }
    assert "format.codec.encoding" not in saving(core_only, object_info, **{**inputs, "format.codec": "auto"})


def test_what_an_entry_brings_is_filled_in_with_it(core_only: Workflow, object_info: Any):
    del object_info["SaveVideo"]["input"]["optional"]["codec"]

    assert saving(core_only, object_info) == {"format": "auto", "format.codec": "auto"}
    assert saving(core_only, plain(object_info)) == {"format": "auto", "codec": "auto"}


def test_inputs_that_may_grow_in_number_stay(object_info: Any):
    object_info["PreviewImage"]["input"]["required"] = {"images": ["COMFY_AUTOGROW_V3", {"template": {}}]}
    template = LORA_TEMPLATE.replace('"images": ["1", 0]', '"images.image0": ["1", 0]')
    workflow = parse_workflow("mine", template=template, manifest='output = "2"')

    fitted = adapt(workflow, catalogue(workflow, object_info), ModelFiles())

    assert fitted.nodes["2"].inputs["images.image0"] == ["1", 0]


def test_widgets_of_a_format_are_left_to_the_node_when_the_template_has_none(wan: Workflow, object_info: Any):
    nodes = dict(wan.nodes)
    inputs = {name: value for name, value in nodes["54"].inputs.items() if name != "crf"}
    nodes["54"] = replace(nodes["54"], inputs=inputs)

    fitted = adapt(replace(wan, nodes=nodes), catalogue(wan, object_info), ModelFiles())

    assert fitted.nodes["54"].inputs == inputs
