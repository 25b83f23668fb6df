"""Find what sets a clip's size, length and frame rate. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comfy.authoring.places import Place, find_places, is_number
from comfy.authoring.traced import Found
from comfy.graphs.ancestors import ancestors
from comfy.graphs.literals import is_link, linked_node, read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes
from comfy.graphs.tracing import spec_of
from comfy.protocol.object_info import NodeClasses

FRAMES = ("length", "num_frames", "video_frames", "frames_number")
RATES = ("fps", "frame_rate")
SECONDS = ("total_second_length",)
WIDTHS = ("width", "resize_type.width", "target_width", "generation_width")
HEIGHTS = ("height", "resize_type.height", "target_height", "generation_height")
MICRO_CONDITIONING = "SVD_img2vid_Conditioning"  # its fps tells the model a speed; the clip has another
NO_LATENTS = frozenset({"IMAGE", "MASK", "AUDIO", "VIDEO", "STRING", "INT", "FLOAT"})
DEFAULT_MULTIPLE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInputs:
    """Where size, length and rate go; `multiple`: of what the sides must be one, where no node says it."""

    found: Mapping[str, Found]
    multiple: int | None = None


def find_clip_inputs(
    nodes: Nodes, output: str, loaders: tuple[str, ...], node_classes: NodeClasses
) -> ClipInputs:
    """The places of width, height, frames (or seconds) and frame rate of the output's clip.

    `loaders`: the nodes that load the pictures.
    """
    names = ancestors(nodes, output)
    lengths = [each for each in _numbers(nodes, names, FRAMES) if _is_length(nodes, each, node_classes)]
    length = next((each for each in lengths if _has_size(nodes, each.node)), next(iter(lengths), None))
    found: dict[str, Found] = {}
    if length:
        found["frames"] = _found(nodes, _twins(nodes, names, length, FRAMES), f"length of node {length.node}")
    elif seconds := next(iter(_numbers(nodes, names, SECONDS)), None):
        places = tuple(place.target for place in find_places(nodes, seconds))
        found["seconds"] = _found(nodes, places or (seconds,), f"length of node {seconds.node}")
    if rate := _rate(nodes, names):
        found["fps"] = _found(nodes, rate, "frame rate of what saves the clip")
    multiple = None
    if size := _find_size(nodes, names, length, loaders):
        width, height, node = size
        multiple = _multiple(
            nodes, node, max(round(1 / place.factor) for place in (*width, *height)), node_classes
        )
        found["width"] = _found(nodes, tuple(each.target for each in width), f"width of node {node}")
        found["height"] = _found(nodes, tuple(each.target for each in height), f"height of node {node}")
    return ClipInputs(found=found, multiple=multiple)


def _multiple(nodes: Nodes, node: str, divisor: int, node_classes: NodeClasses) -> int | None:
    """What a side must be a multiple of that reaches the node divided by `divisor`."""
    own = next(key for key in WIDTHS if key in nodes[node].inputs)
    step = spec_of(nodes, node_classes, NodeInput(node=node, input=own)).step
    return max(int(step or 0), DEFAULT_MULTIPLE) * divisor if divisor > 1 else None


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
    return _has_size(nodes, target.node) or known is None or bool(set(known.outputs) - NO_LATENTS)


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
        for each in _numbers(nodes, names, RATES)
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


def _find_size(
    nodes: Nodes, names: tuple[str, ...], length: NodeInput | None, loaders: tuple[str, ...]
) -> tuple[tuple[Place, ...], tuple[Place, ...], str] | None:
    """The places of width and height: of the node that sets the length, else of what resizes the picture."""
    candidates = [length.node] if length else []
    candidates += [name for name in names if _has_size(nodes, name) and _shows(nodes, name, loaders)]
    for node in candidates:
        sides = [_side(nodes, node, keys) for keys in (WIDTHS, HEIGHTS)]
        if all(sides):
            width, height = sides
            return (
                (*width, *_same(nodes, names, width, WIDTHS)),
                (
                    *height,
                    *_same(nodes, names, height, HEIGHTS),
                ),
                node,
            )
    return None


def _has_size(nodes: Nodes, name: str) -> bool:
    inputs = nodes[name].inputs
    return any(key in inputs for key in WIDTHS) and any(key in inputs for key in HEIGHTS)


def _side(nodes: Nodes, node: str, keys: tuple[str, ...]) -> tuple[Place, ...]:
    own = next((key for key in keys if key in nodes[node].inputs), None)
    return find_places(nodes, NodeInput(node=node, input=own), is_number, keys) if own else ()


def _same(
    nodes: Nodes, names: tuple[str, ...], found: tuple[Place, ...], keys: tuple[str, ...]
) -> tuple[Place, ...]:
    """The same side at other nodes, typed there once more."""
    number = read_number(nodes, found[0].target)
    known = {place.target for place in found}
    others = dict[NodeInput, Place]()
    for each in _numbers(nodes, names, keys):
        places = find_places(nodes, each, is_number, keys)
        if len(places) == 1 and places[0].factor == 1 and read_number(nodes, places[0].target) == number:
            others.setdefault(places[0].target, places[0])
    return tuple(place for target, place in others.items() if target not in known)


def _shows(nodes: Nodes, name: str, loaders: tuple[str, ...]) -> bool:
    """Whether one of the loaded pictures goes into a node, directly or through others."""
    waiting, seen = [name], set[str]()
    while waiting:
        each = waiting.pop()
        if each in loaders:
            return True
        if each in nodes and each not in seen:
            seen.add(each)
            waiting.extend(filter(None, map(linked_node, nodes[each].inputs.values())))
    return False
