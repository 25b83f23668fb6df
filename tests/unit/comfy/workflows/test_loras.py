"""The manifest's key `loras`: what it says, what is refused, and what a graph gets."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from comfy import ModelFiles, Range, WorkflowInvalid, build_graph
from comfy.graphs.lora_places import Expert
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.workflows.adapt import adapt
from comfy.workflows.loras import LoraRule
from comfy.workflows.needed_nodes import used_classes
from comfy.workflows.workflow import Workflow
from tests.unit.comfy.workflows.published import published

WAN = "video_wan2_2_14B_i2v"
FILES = [
    "wan22\\smoke_high_noise.safetensors",
    "wan22\\smoke_low_noise.safetensors",
    "wan22\\zoom.safetensors",
    "flux\\other.safetensors",
    "wan22\\wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors",
]


def rule(text: str, name: str = WAN) -> LoraRule:
    found = published(name, before=f"loras = {text}").loras
    assert found is not None
    return found


def classes_with(*files: str) -> NodeClasses:
    """The classes of a server whose LoRA loaders list these files."""
    listed = {
        "LoraLoaderModelOnly": {"input": {"required": {"lora_name": [list(files)], "model": ["MODEL"]}}},
        "WanVideoLoraSelect": {"input": {"required": {"lora": [list(files)]}}},
    }
    return parse_object_info(listed, listed)


def on_server(workflow: Workflow, *files: str) -> LoraRule:
    assert workflow.loras is not None
    return workflow.loras.offering(classes_with(*files), workflow.nodes)


def test_a_pattern_is_enough():
    found = rule('"wan22/*"')

    assert (found.patterns, found.most, found.strength, found.usual) == (
        ("wan22/*",),
        2,
        Range(least=0, most=2),
        1.0,
    )
    assert [place.expert for place in found.places] == [Expert.HIGH, Expert.LOW]
    assert rule('["a/*", "b/*"]').patterns == ("a/*", "b/*")


def test_the_table_says_how_many_how_strong_and_where():
    found = rule(
        '{ patterns = "a*", most = 3, strength = { least = -1, most = 1.5, default = 0.6 }, '
        'at = { high = ["129:103.model"], low = "129:104.model" } }'
    )

    assert (found.most, found.strength, found.usual) == (3, Range(least=-1, most=1.5), 0.6)
    assert [(each.inputs[0].node, each.expert) for each in found.places] == [
        ("129:103", Expert.HIGH),
        ("129:104", Expert.LOW),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{ most = 2 }", "loras.patterns: name at least one"),
        ('""', "loras.patterns: name at least one"),
        ("3", "loras.patterns"),
        ('{ patterns = "*", size = 1 }', "loras: size is not known"),
        ('{ patterns = "*", most = 0 }', "loras.most: 0 is not one of 1 … 3"),
        ('{ patterns = "*", most = 4 }', "loras.most: 4 is not one of 1 … 3"),
        ('{ patterns = "*", most = 1.5 }', "loras.most: 1.5 is not one of"),
        ('{ patterns = "*", strength = { default = 3 } }', "loras.strength.default: 3 is not one of 0 … 2"),
        ('{ patterns = "*", strength = { least = 3 } }', "least 3 is more than most 2"),
        ('{ patterns = "*", strength = { step = 3 } }', "loras.strength: step is not known"),
        ('{ patterns = "*", at = ["129:98.width"] }', "129:98.width takes no LoRA"),
        ('{ patterns = "*", at = { middle = ["129:103.model"] } }', "loras.at: middle is not known"),
        ('{ patterns = "*", at = [] }', "no model of the graph was found"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key(text: str, problem: str):
    with pytest.raises(WorkflowInvalid, match=problem):
        rule(text)


def test_without_the_key_there_are_none():
    assert published(WAN).loras is None
    assert published(WAN, before="loras = []").loras is None


def test_a_server_offers_what_matches_but_what_the_graph_has_anyway():
    found = on_server(published(WAN, before='loras = "wan22/*"'), *FILES)

    assert found.files == {
        "smoke": {Expert.HIGH: FILES[0], Expert.LOW: FILES[1]},
        "zoom": {None: FILES[2]},
    }


def test_a_server_without_the_loader_offers_none():
    workflow = published(WAN, before='loras = "*"')
    assert workflow.loras is not None

    assert workflow.loras.offering({}, workflow.nodes).files == {}


def test_the_class_that_lists_the_files_is_asked_for_though_the_graph_has_none_of_it():
    assert "LoraLoaderModelOnly" not in used_classes([published("ltxv_image_to_video")])
    assert "LoraLoaderModelOnly" in used_classes([published("ltxv_image_to_video", before='loras = "*"')])


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"rain": 1.0}, "rain is not offered"),
        ({"zoom": 2.5}, "zoom: 2.5 is not one of 0 … 2"),
        ({"zoom": 1.0, "smoke": 1.0, "rain": 1.0}, "3 are more than 2"),
    ],
)
def test_a_graph_is_refused_what_is_not_offered(chosen: dict[str, float], problem: str):
    workflow = published(WAN, before='loras = "wan22/*"')
    found = on_server(workflow, *FILES)

    with pytest.raises(WorkflowInvalid, match=problem):
        build_graph(_with(workflow, found), {}, "a.png", loras=chosen)
    with pytest.raises(WorkflowInvalid, match="it takes no LoRAs"):
        build_graph(published(WAN), {}, "a.png", loras=chosen)


def test_the_graph_has_each_file_as_the_server_spells_it():
    workflow = published(WAN, before='loras = "wan22/*"')
    found = on_server(workflow, *FILES)

    graph = build_graph(_with(workflow, found), {}, "a.png", loras={"smoke": 0.8, "zoom": 1.0})
    sent = [each.inputs for name, each in graph.nodes.items() if name.startswith("animate_lora")]

    assert [each["lora_name"] for each in sent] == [FILES[0], FILES[2], FILES[1], FILES[2]]
    assert "LoraLoaderModelOnly" in recorded_classes(["LoraLoaderModelOnly"])
    assert graph.sampler_steps == build_graph(workflow, {}, "a.png").sampler_steps


def _with(workflow: Workflow, found: LoraRule) -> Workflow:
    return replace(workflow, loras=found)


def test_the_lora_of_the_settings_is_not_offered_where_the_graph_has_it(workflows: Mapping[str, Workflow]):
    turbo = workflows["wan21_i2v_lightx2v"]
    taking = replace(turbo, loras=rule('"*"', "wanvideo2_2_I2V_A14B_example_WIP"))
    own, other = "turbo/mine.safetensors", "smoke.safetensors"
    known = {**recorded_classes(used_classes([turbo])), **classes_with(own, other)}

    files = adapt(taking, known, ModelFiles(lora="mine.safetensors")).loras

    assert files is not None
    assert files.files.keys() == {"smoke"}
