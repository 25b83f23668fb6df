"""Find where the width and the height of a clip are set. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comfy.authoring.places import Place, find_places, is_number
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, is_link, linked_node
from comfy.graphs.tracing import spec_of
from comfy.protocol.object_info import NodeClasses

WIDTHS = ("width", "resize_type.width", "target_width", "generation_width")
HEIGHTS = ("height", "resize_type.height", "target_height", "generation_height")
MEGAPIXEL = 1024 * 1024  # as ComfyUI's ResolutionSelector counts
DEFAULT_MULTIPLE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The places of both sides, and the node they are for. `rule`: `area` and `multiple` of a manifest."""

    node: str
    width: NodeInputs
    height: NodeInputs
    rule: Mapping[str, int]


def find_size(
    nodes: Nodes, names: tuple[str, ...], latent: str | None, loaders: tuple[str, ...], classes: NodeClasses
) -> Size | None:
    """The places of width and height: of the node that makes the latent, else of what resizes the picture.

    `names`: the nodes of the clip, the nearest to its output first. `loaders`: those that load the pictures.
    """
    candidates = [latent] if latent else []
    candidates += [name for name in names if has_size(nodes, name) and _shows(nodes, name, loaders)]
    for node in candidates:
        width, height = (_side(nodes, names, node, keys, loaders) for keys in (WIDTHS, HEIGHTS))
        if width and height:
            return Size(
                node=node,
                width=_targets((*width, *_same(nodes, names, width, WIDTHS))),
                height=_targets((*height, *_same(nodes, names, height, HEIGHTS))),
                rule=_rule(nodes, node, (*width, *height), classes),
            )
    return None


def has_size(nodes: Nodes, name: str) -> bool:
    """Whether a node has inputs for a width and a height."""
    inputs = nodes[name].inputs
    return any(key in inputs for key in WIDTHS) and any(key in inputs for key in HEIGHTS)


def _targets(places: tuple[Place, ...]) -> NodeInputs:
    return tuple(place.target for place in places)


def _side(
    nodes: Nodes, names: tuple[str, ...], node: str, keys: tuple[str, ...], loaders: tuple[str, ...]
) -> tuple[Place, ...]:
    """Where a side is typed, else where a computed one arrives, unless it is computed of the picture."""
    own = next((key for key in keys if key in nodes[node].inputs), None)
    if own is None:
        return ()
    found = find_places(nodes, NodeInput(node=node, input=own), is_number, keys)
    link = nodes[node].inputs[own]
    if not found and is_link(link):
        arrives = (each for each in _sides(nodes, names, keys) if nodes[each.node].inputs[each.input] == link)
        found = tuple(Place(target=each) for each in arrives)
    return () if any(_is_of_picture(nodes, place, loaders) for place in found) else found


def _is_of_picture(nodes: Nodes, place: Place, loaders: tuple[str, ...]) -> bool:
    source = linked_node(nodes[place.target.node].inputs[place.target.input])
    return source is not None and _shows(nodes, source, loaders)


def _rule(nodes: Nodes, node: str, sides: tuple[Place, ...], classes: NodeClasses) -> Mapping[str, int]:
    """What the sides must be multiples of for the node that they reach, and the area of a computed size."""
    rule = dict[str, int]()
    source = linked_node(nodes[sides[0].target.node].inputs[sides[0].target.input])
    pixels = nodes[source].inputs.get("megapixels") if source and source in nodes else None
    if is_number(pixels):
        rule["area"] = round(pixels * MEGAPIXEL)
    own = next(key for key in WIDTHS if key in nodes[node].inputs)
    step = int(spec_of(nodes, classes, NodeInput(node=node, input=own)).step or 0)
    multiple = max(step, DEFAULT_MULTIPLE) * max(round(1 / place.factor) for place in sides)
    if multiple > DEFAULT_MULTIPLE and any(place.target.node != node for place in sides):
        rule["multiple"] = multiple
    return rule


def _sides(nodes: Nodes, names: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[NodeInput]:
    for name in names:
        for key in keys:
            value = nodes[name].inputs.get(key)
            if is_number(value) or is_link(value):
                yield NodeInput(node=name, input=key)


def _same(
    nodes: Nodes, names: tuple[str, ...], found: tuple[Place, ...], keys: tuple[str, ...]
) -> tuple[Place, ...]:
    """The same side at other nodes, typed there once more."""
    number = read_number(nodes, found[0].target)
    if number is None:
        return ()
    known = {place.target for place in found}
    others = dict[NodeInput, Place]()
    for each in _sides(nodes, names, keys):
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
