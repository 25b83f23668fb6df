"""Find what sets a clip's size, length and frame rate. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comfy.authoring.places import find_places, is_number
from comfy.authoring.size_inputs import find_size, has_size
from comfy.authoring.traced import Found
from comfy.graphs.ancestors import ancestors
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, is_link
from comfy.graphs.tracing import FRAME_INPUTS, RATE_INPUTS
from comfy.protocol.object_info import NodeClasses

FRAMES = (*FRAME_INPUTS, "frames_number")
SECONDS = ("total_second_length",)
MICRO_CONDITIONING = "SVD_img2vid_Conditioning"  # its fps tells the model a speed; the clip has another
NO_LATENTS = frozenset({"IMAGE", "MASK", "AUDIO", "VIDEO", "STRING", "INT", "FLOAT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInputs:
    """Where size, length and rate go; `size`: the rule of a manifest for what the nodes do not say."""

    found: Mapping[str, Found]
    size: Mapping[str, int]


def find_clip_inputs(
    nodes: Nodes, output: str, loaders: tuple[str, ...], node_classes: NodeClasses
) -> ClipInputs:
    """The places of width, height, frames (or seconds) and frame rate of the output's clip.

    `loaders`: the nodes that load the pictures.
    """
    names = ancestors(nodes, output)
    lengths = [each for each in _numbers(nodes, names, FRAMES) if _is_length(nodes, each, node_classes)]
    length = next((each for each in lengths if has_size(nodes, each.node)), next(iter(lengths), None))
    found: dict[str, Found] = {}
    if length:
        found["frames"] = _found(nodes, _twins(nodes, names, length, FRAMES), f"length of node {length.node}")
    elif seconds := next(iter(_numbers(nodes, names, SECONDS)), None):
        places = tuple(place.target for place in find_places(nodes, seconds))
        found["seconds"] = _found(nodes, places or (seconds,), f"length of node {seconds.node}")
    if rate := _rate(nodes, names):
        found["fps"] = _found(nodes, rate, "frame rate of what saves the clip")
    size = find_size(nodes, names, length.node if length else None, loaders, node_classes)
    if size:
        found["width"] = _found(nodes, size.width, f"width of node {size.node}")
        found["height"] = _found(nodes, size.height, f"height of node {size.node}")
    return ClipInputs(found=found, size=size.rule if size else {})


def _found(nodes: Nodes, places: NodeInputs, how: str) -> Found:
    return Found(places=places, how=how, value=read_number(nodes, places[0]))


def _numbers(nodes: Nodes, names: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[NodeInput]:
    """The inputs of these names that hold a number or a link, the nearest to the output first."""
    for name in names:
        for key in keys:
            value = nodes[name].inputs.get(key)
            if is_number(value) or is_link(value):
                yield NodeInput(node=name, input=key)


def _is_length(nodes: Nodes, target: NodeInput, node_classes: NodeClasses) -> bool:
    """Whether the node makes the latent of a clip: it has a size too, or it gives more than pictures."""
    known = node_classes.get(nodes[target.node].class_type)
    return has_size(nodes, target.node) or known is None or bool(set(known.outputs) - NO_LATENTS)


def _twins(nodes: Nodes, names: tuple[str, ...], first: NodeInput, keys: tuple[str, ...]) -> NodeInputs:
    """The places of the first input and of those that have the same source, or the same number."""
    source, number = nodes[first.node].inputs[first.input], read_number(nodes, first)
    found = dict[NodeInput, None]()
    for each in (first, *_numbers(nodes, names, keys)):
        value = nodes[each.node].inputs[each.input]
        if value == source or (number is not None and number == read_number(nodes, each)):
            places = find_places(nodes, each)
            exact = [place.target for place in places if place.factor == 1]
            found |= dict.fromkeys(exact if len(exact) == len(places) and exact else [each])
    return tuple(found)


def _rate(nodes: Nodes, names: tuple[str, ...]) -> NodeInputs:
    """Where the frame rate is typed; none where it comes from another clip."""
    rates = [
        (each, rate)
        for each in _numbers(nodes, names, RATE_INPUTS)
        if nodes[each.node].class_type != MICRO_CONDITIONING and (rate := read_number(nodes, each))
    ]
    if not rates:
        return ()
    first, number = rates[0]
    same = [each for each, rate in rates if each.input == "frame_rate" or rate == number]
    found = dict[NodeInput, None]()
    for each in (first, *same):
        places = [place.target for place in find_places(nodes, each) if place.factor == 1]
        found |= dict.fromkeys(places or [each])
    return tuple(found)
