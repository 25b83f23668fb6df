"""Where LoRAs go in graphs that people published."""

import pytest

from comfy.errors import BadAnswer
from comfy.graphs.lora_places import (
    FLEXIBLE_LOADER,
    SELECTORS,
    Expert,
    LoraPlace,
    find_lora_places,
    lora_place_at,
    read_expert,
)
from comfy.graphs.nodes import NodeInput, Nodes
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.object_info import NodeClasses
from tests.unit.comfy.workflows.published_nodes import load, node

LORA_CLASSES = {each.class_type for each in SELECTORS.values()}


def classes_of(nodes: Nodes) -> NodeClasses:
    return recorded_classes({each.class_type for each in nodes.values()} | LORA_CLASSES)


def places(nodes: Nodes, output: str) -> list[tuple[str, str, Expert | None]]:
    found = find_lora_places(nodes, output, classes_of(nodes))
    return [
        (each.selector.class_type if each.selector else FLEXIBLE_LOADER, written(each), each.expert)
        for each in found
    ]


def written(place: LoraPlace) -> str:
    return " ".join(f"{each.node}.{each.input}" for each in place.inputs)


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        ("video_wan2_2_5B_ti2v", "58", [("LoraLoaderModelOnly", "48.model", None)]),
        ("ltxv_image_to_video", "81", [("LoraLoaderModelOnly", "72.model", None)]),
        (
            "video_wan2_2_14B_i2v",
            "108",
            [
                ("LoraLoaderModelOnly", "129:101.model 129:116.on_false", Expert.HIGH),
                ("LoraLoaderModelOnly", "129:102.model 129:117.on_false", Expert.LOW),
            ],
        ),
        (
            "wanvideo2_2_I2V_A14B_example_WIP",
            "60",
            [
                ("WanVideoLoraSelect", "80.lora", Expert.HIGH),
                ("WanVideoLoraSelect", "79.lora", Expert.LOW),
            ],
        ),
        ("new_CogVideoX_api", "10", [("CogVideoLoraSelect", "1.lora", None)]),
    ],
)
def test_each_model_of_a_published_graph_has_one_place(
    name: str, output: str, expected: list[tuple[str, str, Expert | None]]
):
    assert sorted(places(load(name), output)) == sorted(expected)


def with_flexible_loader(*, bypassed: bool = False) -> Nodes:
    """ComfyUI's example of Wan 2.2 5B with rgthree's loader; `bypassed`: a switch leads past it too."""
    nodes = dict(load("video_wan2_2_5B_ti2v"))
    first = {"on": True, "lora": "own.safetensors", "strength": 1.0}
    nodes["90"] = node(FLEXIBLE_LOADER, model=["37", 0], clip=["38", 0], lora_1=first)
    source: object = ["90", 0]
    if bypassed:
        nodes["91"] = node("ComfySwitchNode", switch=True, on_false=["37", 0], on_true=["90", 0])
        source = ["91", 0]
    nodes["48"] = node("ModelSamplingSD3", **{**nodes["48"].inputs, "model": source})
    return nodes


def test_a_flexible_loader_on_the_only_way_is_the_place():
    assert places(with_flexible_loader(), "58") == [(FLEXIBLE_LOADER, "90.lora_1", None)]


def test_a_flexible_loader_that_a_switch_may_pass_is_not_the_place():
    found = places(with_flexible_loader(bypassed=True), "58")

    assert found == [("LoraLoaderModelOnly", "90.model 91.on_false", None)]


def test_loras_that_are_there_say_how_all_are_merged():
    nodes = load("wanvideo2_2_I2V_A14B_example_WIP")

    for place in find_lora_places(nodes, "60", classes_of(nodes)):
        assert place.settings == {"low_mem_load": False, "merge_loras": False}


def test_required_inputs_of_the_added_class_get_their_defaults():
    nodes = {"1": node("LoadFramePackModel", model="a.safetensors"), "2": node("SaveVideo", x=["1", 0])}

    (place,) = find_lora_places(nodes, "2", classes_of(nodes))

    assert (written(place), place.settings) == ("1.lora", {"fuse_lora": True})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("48.model", "48.model"), ("90", "90.lora_1"), ("90.lora_7", "90.lora_1")],
)
def test_a_manifest_can_name_the_place(text: str, expected: str):
    nodes = with_flexible_loader()

    assert written(lora_place_at(nodes, classes_of(nodes), text)) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("99.model", "the template has no node 99"),
        ("nonsense", "the template has no node nonsense"),
        ("48.shift", "48.shift takes no LoRA"),
        ("37.model", "37.model takes no LoRA"),
    ],
)
def test_a_place_that_takes_no_lora_is_refused(text: str, problem: str):
    nodes = with_flexible_loader()

    with pytest.raises(BadAnswer, match=problem):
        lora_place_at(nodes, classes_of(nodes), text)


def test_the_input_of_a_wrapper_can_be_named_where_nothing_is_linked():
    nodes = load("oelala_wan22_enhanced_q4km_api")

    place = lora_place_at(nodes, classes_of(nodes), "8.lora", Expert.HIGH)

    assert (place.inputs, place.expert) == ((NodeInput(node="8", input="lora"),), Expert.HIGH)


@pytest.mark.parametrize(
    ("file", "expert"),
    [
        ("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", Expert.HIGH),
        ("WanVideo\\2_2\\Wan2_2-I2V-A14B-LOW_fp8_e4m3fn_scaled_KJ.safetensors", Expert.LOW),
        ("WAN2.2-HighNoise_SmoothMix.gguf", Expert.HIGH),
        ("high/smoke.safetensors", Expert.HIGH),
        ("slow_motion_flow.safetensors", None),
        ("highlights.safetensors", None),
        ("low", None),
    ],
)
def test_names_of_files_say_the_expert(file: str, expert: Expert | None):
    assert read_expert(file) == expert
