"""Which nodes a result needs, and which node saves the clip."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from comfy import Workflow
from comfy.graphs.ancestors import find_output, only_ancestors, only_executed
from comfy.protocol.object_info import NodeClass
from comfy.workflows.needed_nodes import used_classes
from tests.unit.comfy.workflows import published_nodes
from tests.unit.comfy.workflows.published_nodes import node

OUTPUTS = {
    "cogvideox_1_5_5b_I2V_01": "44",
    "ex_image_to_video_cosmos_7B": "69",
    "ex_image_to_video_wan22_14B": "47",
    "ex_image_to_video_wan22_5B": "47",
    "ex_workflow_image_to_video": "10",
    "hunyuan15": "102",
    "ltxv_image_to_video": "81",
    "new_CogVideoX_api": "10",
    "new_Wan22_api": "131",
    "oelala_wan22_enhanced_q4km_api": "12",
    "txt_to_image_to_video": "24",
    "video_fastvideo_fasth3_i2v": "92",
    "video_ltx2_3_i2v": "75",
    "video_wan2_2_14B_flf2v": "83",
    "video_wan2_2_14B_i2v": "108",
    "video_wan2_2_5B_ti2v": "58",
    "video_wan_vace_14B_ref2v": "69",
    "wanvideo2_2_I2V_A14B_example_WIP": "60",
}
SWITCHED = {
    "on": node("PrimitiveBoolean", value=True),
    "loader": node("UNETLoader", unet_name="m.safetensors"),
    "a": node("KSampler", model=["loader", 0], steps=4),
    "b": node("KSampler", model=["loader", 0], steps=20),
    "switch": node("ComfySwitchNode", switch=["on", 0], on_true=["a", 0], on_false=["b", 0]),
    "save": node("SaveVideo", filename_prefix="x", video=["switch", 0]),
    "side": node("SaveImage", filename_prefix="y", images=["b", 0]),
}


def test_the_output_of_every_published_graph_is_found():
    assert {name: find_output(published_nodes.load(name)) for name in published_nodes.NAMES} == OUTPUTS


def test_only_the_output_and_what_it_needs_stays():
    graph = published_nodes.load("ex_image_to_video_wan22_14B")

    needed = only_ancestors(graph, "47")

    assert graph.keys() - needed.keys() == {"28"}
    assert all(graph[name] is needed[name] for name in needed)
    assert list(only_ancestors(SWITCHED, "save")) == ["on", "loader", "a", "b", "switch", "save"]


def test_a_link_to_a_node_that_is_not_there_and_a_circle_do_no_harm():
    circle = {"a": node("X", b=["b", 0], c=["gone", 0]), "b": node("X", a=["a", 0])}

    assert only_ancestors(circle, "a") == circle
    assert only_ancestors(circle, "gone") == {}


def test_what_a_switch_does_not_take_and_what_is_cached_is_not_executed():
    assert set(only_executed(SWITCHED, "save")) == {"on", "loader", "a", "switch", "save"}
    assert set(only_executed(SWITCHED, "save", frozenset({"a"}))) == {"on", "switch", "save"}
    unknown = {**SWITCHED, "on": node("RandomBoolean")}
    assert {"a", "b"} <= only_executed(unknown, "save").keys()


def test_the_save_node_with_the_most_behind_it_is_the_output():
    graph = {
        "load": node("LoadImage", image="x.png"),
        "early": node("SaveAnimatedWEBP", filename_prefix="x", images=["load", 0]),
        "upscale": node("ImageScale", image=["load", 0]),
        "late": node("SaveAnimatedPNG", filename_prefix="x", images=["upscale", 0]),
    }

    assert find_output(graph) == "late"
    assert find_output({"load": graph["load"]}) is None


@pytest.mark.parametrize("other", ["SaveImage", "SaveAudioMP3", "SaveLatent", "VAESave", "Save Text File"])
def test_what_saves_something_else_than_a_clip_is_no_output(other: str):
    graph = {"1": node("X"), "2": node(other, filename_prefix="x", images=["1", 0])}

    assert find_output(graph) is None


def test_an_unknown_class_saves_the_clip_if_the_server_says_that_it_is_an_output():
    graph = {"1": node("X"), "2": node("DecodeAndSaveVideo", filename_prefix="x", samples=["1", 0])}
    inputs = {"filename_prefix": None}

    def known(*, output: bool) -> NodeClass:
        return NodeClass(inputs=inputs, deprecated=False, output=output)  # pyright: ignore[reportArgumentType]

    assert find_output(graph) == "2"
    assert find_output(graph, {"DecodeAndSaveVideo": known(output=True)}) == "2"
    assert find_output(graph, {"DecodeAndSaveVideo": known(output=False)}) is None


def test_the_classes_of_what_is_sent_are_used(wan: Workflow, workflows: Mapping[str, Workflow]):
    side = replace(wan, nodes={**wan.nodes, "99": node("Side", images=["53", 0])})

    assert used_classes([wan, side]) == {each.class_type for each in wan.nodes.values()}
    assert {"LoadImage", "SaveVideo"} <= used_classes(workflows.values())
