"""Where the size of a clip is set: typed, halved, computed, or that of the picture."""

from comfy.authoring.size_inputs import Size, find_size, has_size
from comfy.graphs.ancestors import ancestors
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.authoring.graphs import classes_of, nodes, written

PHOTO = nodes(
    photo=("LoadImage", {"image": "photo.png"}),
    selector=("ResolutionSelector", {"aspect_ratio": "1:1 (Square)", "megapixels": 0.4, "multiple": 32}),
    wide=("PrimitiveInt", {"value": ["selector", 0]}),
    high=("PrimitiveInt", {"value": ["selector", 1]}),
    half=("ComfyMathExpression", {"expression": "a/2", "values.a": ["wide", 0]}),
    half_high=("ComfyMathExpression", {"expression": "a/2", "values.a": ["high", 0]}),
    photo_size=("GetImageSize", {"image": ["photo", 0]}),
    typed=("PrimitiveInt", {"value": 832}),
    typed_high=("PrimitiveInt", {"value": 480}),
)


def found(graph: Nodes) -> Size | None:
    whole = {**PHOTO, **graph}
    return find_size(whole, ancestors(whole, "latent"), "latent", ("photo",), classes_of(whole))


def places(graph: Nodes) -> tuple[list[str], list[str], dict[str, int]]:
    size = found(graph)
    assert size
    return written(size.width), written(size.height), dict(size.rule)


def test_a_size_that_a_node_computes_is_set_where_it_arrives_with_the_area_of_the_graph():
    graph = nodes(latent=("MiniMaxH3ImageToVideo", {"width": ["selector", 0], "height": ["selector", 1]}))

    assert places(graph) == (["latent.width"], ["latent.height"], {"area": 419430})


def test_a_computed_size_that_primitives_hand_on_is_set_at_them():
    graph = nodes(latent=("EmptyLTXVLatentVideo", {"width": ["half", 1], "height": ["half_high", 1]}))

    assert places(graph) == (["wide.value"], ["high.value"], {"area": 419430, "multiple": 64})


def test_every_input_that_a_computed_size_reaches_is_set():
    graph = nodes(
        latent=(
            "WanImageToVideo",
            {"width": ["selector", 0], "height": ["selector", 1], "start_image": ["scaled", 0]},
        ),
        scaled=("ImageScale", {"width": ["selector", 0], "height": ["selector", 1], "image": ["photo", 0]}),
    )

    assert sorted(places(graph)[0]) == ["latent.width", "scaled.width"]


def test_the_size_of_the_picture_itself_is_nobodys_to_set():
    assert (
        found(nodes(latent=("WanImageToVideo", {"width": ["photo_size", 0], "height": ["photo_size", 1]})))
        is None
    )


def test_a_typed_size_behind_primitives_needs_the_multiple_of_the_node_it_reaches():
    graph = nodes(
        latent=("EmptyLTXVLatentVideo", {"width": ["size", 0], "height": ["size", 1]}),
        size=("GetImageSize", {"image": ["scaled", 0]}),
        scaled=("ImageScale", {"width": ["typed", 0], "height": ["typed_high", 0], "image": ["photo", 0]}),
    )

    assert places(graph) == (["typed.value"], ["typed_high.value"], {"multiple": 32})


def test_a_size_has_two_sides():
    graph = nodes(a=("X", {"width": 1, "height": 2}), b=("X", {"width": 1}))

    assert (has_size(graph, "a"), has_size(graph, "b")) == (True, False)
