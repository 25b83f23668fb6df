"""Files under several names, options by what is there, inputs that changed between versions of a node."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from comfy import MissingModel, ModelFiles, NodeMissing, Workflow
from comfy.graphs.nodes import NodeInput, TemplateNode
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.workflows.adapt import adapt, find_missing
from comfy.workflows.needed_nodes import used_classes
from comfy.workflows.workflow import Choice, Option, Role
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.workflows.published import parse_workflow

LORA_CHOICE = """
output = "2"
inputs.image = ["2.image"]
[choices.style]
default = "none"
options.none.set = { "1.strength" = 0.0 }
options.paper.set = { "1.lora" = "paper.safetensors", "1.strength" = 1.0 }
options.clay.set = { "1.lora" = "clay.safetensors", "1.strength" = 0.8 }
"""
LORA_TEMPLATE = """{
"1": {"class_type": "WanVideoLoraSelect", "inputs": {"lora": "none", "strength": 1.0}},
"2": {"class_type": "SaveVideo", "inputs": {"filename_prefix": "x", "video": ["1", 0], "image": ["1", 0]}}
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


def entries(object_info: Any, class_type: str, name: str) -> list[str]:
    return object_info[class_type]["input"]["required"][name][0]


def classes_of(workflow: Workflow, answer: Any = None) -> NodeClasses:
    return parse_object_info(answer or recorded.load("object_info"), used_classes([workflow]))


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
    fitted = adapt(replace(workflow, nodes=nodes, installed={}), classes_of(workflow, answer), ModelFiles())
    return {name: value for name, value in fitted.nodes["14"].inputs.items() if name not in kept}


def test_encoders_made_for_the_wrapper_do_not_count_for_the_core_loaders(native: Workflow, object_info: Any):
    missing = find_missing(native, classes_of(native, object_info), ModelFiles())

    assert [each.file for each in missing if isinstance(each, MissingModel)] == [
        "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        "clip_vision_h.safetensors",
    ]


def test_the_settings_files_come_first_then_the_alternatives_in_their_order(
    native: Workflow, object_info: Any
):
    install(object_info, "umt5_xxl_fp16.safetensors", "wan\\clip_vision_h.safetensors")
    object_info["VAELoader"]["input"]["required"]["vae_name"][0].append("wan_2.1_vae.safetensors")
    known = classes_of(native, object_info)

    fitted = adapt(native, known, ModelFiles())

    assert find_missing(native, known, ModelFiles()) == ()
    assert fitted.nodes["7"].inputs["vae_name"] == ModelFiles().vae
    assert fitted.nodes["4"].inputs["clip_name"] == "umt5_xxl_fp16.safetensors"
    assert fitted.nodes["8"].inputs["clip_name"] == "wan\\clip_vision_h.safetensors"


def test_a_file_set_by_the_owner_wins_over_the_alternatives(native: Workflow, object_info: Any):
    install(object_info, "umt5_xxl_fp16.safetensors", "clip_vision_h.safetensors", "my_umt5.safetensors")
    files = ModelFiles(t5="my_umt5.safetensors")

    fitted = adapt(native, classes_of(native, object_info), files)

    assert fitted.nodes["4"].inputs["clip_name"] == "my_umt5.safetensors"


def test_options_whose_files_are_not_there_are_not_offered_and_the_others_spelled_its_way(object_info: Any):
    object_info["WanVideoLoraSelect"]["input"]["required"]["lora"][0] = ["styles\\clay.safetensors"]
    workflow = parse_workflow("mine", template=LORA_TEMPLATE, manifest=LORA_CHOICE)

    options = adapt(workflow, classes_of(workflow, object_info), ModelFiles()).choices["style"].options

    assert options.keys() == {"none", "clay"}
    assert "styles\\clay.safetensors" in options["clay"].sets.values()


def test_a_default_whose_file_is_not_there_is_lacking(object_info: Any):
    manifest = LORA_CHOICE.replace('default = "none"', 'default = "paper"')
    workflow = parse_workflow("mine", template=LORA_TEMPLATE, manifest=manifest)

    (missing,) = find_missing(workflow, classes_of(workflow, object_info), ModelFiles())

    assert isinstance(missing, MissingModel)
    assert missing.file == "paper.safetensors"


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


def test_inputs_of_entries_that_were_not_chosen_stay_for_the_server_to_ignore(
    core_only: Workflow, object_info: Any
):
    inputs = {"format": "mp4", "format.codec": "h264", "format.codec.encoding": "auto", "format.quality": 5}
    del object_info["SaveVideo"]["input"]["optional"]["codec"]

    assert saving(core_only, object_info, **inputs) == inputs


def test_what_an_entry_brings_is_filled_in_with_it(core_only: Workflow, object_info: Any):
    del object_info["SaveVideo"]["input"]["optional"]["codec"]

    assert saving(core_only, object_info) == {"format": "auto", "format.codec": "auto"}
    assert saving(core_only, plain(object_info)) == {"format": "auto", "codec": "auto"}


def test_inputs_that_may_grow_in_number_stay(object_info: Any):
    object_info["SaveVideo"]["input"]["required"] = {"video": ["COMFY_AUTOGROW_V3", {"template": {}}]}
    template = LORA_TEMPLATE.replace('"video": ["1", 0]', '"video.video0": ["1", 0]')
    manifest = 'output = "2"\ninputs.image = ["2.image"]'
    workflow = parse_workflow("mine", template=template, manifest=manifest)

    fitted = adapt(workflow, classes_of(workflow, object_info), ModelFiles())

    assert fitted.nodes["2"].inputs["video.video0"] == ["1", 0]


def test_widgets_of_a_format_are_left_to_the_node_when_the_template_has_none(wan: Workflow, object_info: Any):
    nodes = dict(wan.nodes)
    inputs = {name: value for name, value in nodes["54"].inputs.items() if name != "crf"}
    nodes["54"] = replace(nodes["54"], inputs=inputs)

    fitted = adapt(replace(wan, nodes=nodes), classes_of(wan, object_info), ModelFiles())

    assert fitted.nodes["54"].inputs == inputs


def test_a_server_with_nodes_and_files_lacks_nothing(workflows: Mapping[str, Workflow]):
    for name in ("wan21_i2v", "wan21_i2v_seed"):
        assert find_missing(workflows[name], classes_of(workflows[name]), ModelFiles()) == ()


def test_a_model_file_that_is_not_there_is_named(workflows: Mapping[str, Workflow]):
    turbo = workflows["wan21_i2v_lightx2v"]

    (missing,) = find_missing(turbo, classes_of(turbo), ModelFiles())

    assert isinstance(missing, MissingModel)
    assert (missing.file, missing.class_type, missing.node) == (ModelFiles().lora, "WanVideoLoraSelect", "56")


def test_a_node_that_is_not_installed_is_named(wan: Workflow, object_info: Any):
    del object_info["WanVideoSampler"]

    (missing,) = find_missing(wan, classes_of(wan, object_info), ModelFiles())

    assert isinstance(missing, NodeMissing)
    assert (missing.class_type, missing.node) == ("WanVideoSampler", "52")


@pytest.mark.parametrize("there", ["wan2.1\\Wan2_1_VAE_bf16.safetensors", "Wan2_1_VAE_bf16.safetensors"])
def test_files_are_found_by_base_name_and_spelled_as_the_server_does(
    wan: Workflow, object_info: Any, there: str
):
    entries(object_info, "WanVideoVAELoader", "model_name")[:] = ["other/VAE.safetensors", there]
    known = classes_of(wan, object_info)

    assert find_missing(wan, known, ModelFiles()) == ()
    assert adapt(wan, known, ModelFiles()).nodes["43"].inputs["model_name"] == there


def test_an_exact_name_wins_over_one_in_another_folder(wan: Workflow, object_info: Any):
    vae = ModelFiles().vae
    entries(object_info, "WanVideoVAELoader", "model_name").insert(0, "a/Wan2_1_VAE_bf16.safetensors")

    assert adapt(wan, classes_of(wan, object_info), ModelFiles()).nodes["43"].inputs["model_name"] == vae


def test_the_case_of_a_name_counts(wan: Workflow, object_info: Any):
    entries(object_info, "WanVideoVAELoader", "model_name")[:] = ["wan2_1_vae_bf16.safetensors"]

    assert [type(each) for each in find_missing(wan, classes_of(wan, object_info), ModelFiles())] == [
        MissingModel
    ]


def test_the_attention_is_the_setting_and_not_what_the_document_had(workflows: Mapping[str, Workflow]):
    seed = workflows["wan21_i2v_seed"]
    known = classes_of(seed)

    assert adapt(seed, known, ModelFiles()).nodes["48"].inputs["attention_mode"] == "sdpa"
    faster = ModelFiles(attention="sageattn")
    assert adapt(seed, known, faster).nodes["48"].inputs["attention_mode"] == "sageattn"


def test_values_that_the_server_does_not_list_stay(wan: Workflow):
    nodes = dict(wan.nodes)
    nodes["54"] = replace(nodes["54"], inputs={**nodes["54"].inputs, "profile": "lt", "magic": 1})

    fitted = adapt(replace(wan, nodes=nodes), classes_of(wan), ModelFiles()).nodes["54"].inputs

    assert fitted == nodes["54"].inputs
    assert fitted["save_metadata"] is False


def test_links_that_the_server_does_not_list_go_from_built_in_workflows_only(wan: Workflow):
    nodes = dict(wan.nodes)
    nodes["54"] = replace(nodes["54"], inputs={**nodes["54"].inputs, "any_01": ["53", 0]})
    workflow = replace(wan, nodes=nodes)

    def links(workflow: Workflow) -> object:
        return adapt(workflow, classes_of(workflow), ModelFiles()).nodes["54"].inputs.get("any_01")

    assert wan.built_in
    assert links(workflow) is None
    assert links(replace(workflow, built_in=False)) == ["53", 0]


def test_a_loader_with_inputs_of_any_number_keeps_its_files(wan: Workflow, object_info: Any):
    object_info["Power Lora Loader (rgthree)"] = {"input": {"required": {}, "optional": {"model": ["MODEL"]}}}
    lora = {"on": True, "lora": "clay.safetensors", "strength": 0.8}
    loader = TemplateNode(
        class_type="Power Lora Loader (rgthree)",
        inputs={"header": {"type": "x"}, "lora_1": lora, "any_01": ["45", 0], "model": ["48", 0]},
    )
    sampler = replace(wan.nodes["52"], inputs={**wan.nodes["52"].inputs, "model": ["90", 0]})
    workflow = replace(wan, nodes={**wan.nodes, "90": loader, "52": sampler}, built_in=False)

    fitted = adapt(workflow, classes_of(workflow, object_info), ModelFiles())

    assert fitted.nodes["90"] == loader


def test_what_the_output_does_not_need_is_neither_required_nor_changed(wan: Workflow):
    side = {
        "98": TemplateNode(class_type="SideLoader", inputs={"file": "gone.safetensors"}),
        "99": TemplateNode(class_type="SideSave", inputs={"images": ["53", 0], "model": ["98", 0]}),
    }
    style = Option(title={}, sets={NodeInput(node="98", input="file"): "side.safetensors"})
    choice = Choice(title={}, default="on", options={"on": style})
    workflow = replace(
        wan,
        nodes={**wan.nodes, **side},
        installed={**wan.installed, Role.LORA: (NodeInput(node="98", input="file"),)},
        choices={"style": choice},
    )
    known = classes_of(workflow)

    assert find_missing(workflow, known, ModelFiles()) == ()
    assert adapt(workflow, known, ModelFiles()) == workflow


def test_a_required_input_of_a_newer_node_is_filled_with_its_default(wan: Workflow, object_info: Any):
    required = object_info["WanVideoSampler"]["input"]["required"]
    required["guidance"] = ["FLOAT", {"default": 1.5}]
    required["mode"] = ["COMBO", {"options": ["plain", "fancy"]}]
    required["mask"] = ["MASK"]

    inputs = adapt(wan, classes_of(wan, object_info), ModelFiles()).nodes["52"].inputs

    assert (inputs["guidance"], inputs["mode"]) == (1.5, "plain")
    assert "mask" not in inputs


def test_a_workflow_that_fits_already_stays_as_it_is(wan: Workflow):
    assert adapt(wan, classes_of(wan), ModelFiles()) == wan
