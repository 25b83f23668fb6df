"""Published graphs are followed from their outputs."""

from comfy.graphs.ancestors import ancestors
from comfy.graphs.nodes import NodeInput
from comfy.graphs.ranges import Range
from comfy.graphs.recorded_classes import recorded_classes
from comfy.graphs.tracing import consumers, find_last_picture, limits_of, read_latent
from tests.unit.comfy.workflows.published import nodes_of, published

WAN_WRAPPER = "new_Wan22_api"


def test_ancestors_are_the_output_and_all_that_it_needs() -> None:
    nodes = nodes_of(WAN_WRAPPER)
    found = ancestors(nodes, "131")
    assert found[0] == "131"
    assert "130" in nodes  # decodes for nobody
    assert "130" not in found
    assert {"220", "540", "244", "549"} <= set(found)


def test_a_primitive_takes_what_the_nodes_take_that_it_feeds() -> None:
    nodes = nodes_of(WAN_WRAPPER)
    classes = recorded_classes({node.class_type for node in nodes.values()})
    width = (NodeInput(node="235", input="value"),)
    assert {each.node for each in consumers(nodes, "235")} == {"171", "541"}
    assert limits_of(nodes, classes, width) == Range(least=64, most=8096, step=8)


def test_the_node_that_sets_the_length_tells_the_size() -> None:
    nodes = nodes_of("ex_workflow_image_to_video")
    latent = read_latent(nodes, ancestors(nodes, "10"))
    assert (latent.width, latent.height, latent.frames) == (1024, 576, 14)


def test_the_last_picture_is_left_out_with_what_is_there_for_it_where_nodes_can_do_without() -> None:
    last = published("video_wan2_2_14B_flf2v").rules.last_picture
    assert last
    assert (last.needed, last.nodes) == (False, {"89"})
    assert last.links == {NodeInput(node="81", input="end_image")}


def test_a_last_picture_that_a_node_requires_is_needed() -> None:
    nodes = nodes_of("video_wan2_2_14B_flf2v")
    last = find_last_picture(nodes, {}, "89", "83")
    assert last.needed
