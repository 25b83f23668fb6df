"""Find which nodes of a graph load its first and its last picture. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comfy.graphs.ancestors import ancestors
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, is_link
from comfy.graphs.tracing import consumers, spec_of
from comfy.protocol.object_info import NodeClasses

LOADERS = ("LoadImage", "VHS_LoadImage")  # how the names of classes begin
LAST = re.compile(r"(?<![a-z])(end|last|final|tail)(?![a-z])|尾帧|末帧|结束|最后", re.IGNORECASE)
FIRST = re.compile(r"(?<![a-z])(start|first|begin|init)(?![a-z])|首帧|起始|开始|第一", re.IGNORECASE)
UNDERSCORE = re.compile(r"[_\W]+")
# The types of a picture, of what is made of one, and of whatever goes in.
PICTURE_TYPES = frozenset({"IMAGE", "CLIP_VISION_OUTPUT", "COMFY_MATCHTYPE_V3", "*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLoaders:
    """The places of the pictures; `open`: loaders of which nothing tells what they are for."""

    first: NodeInputs = ()
    last: NodeInputs = ()
    open: NodeInputs = ()


def find_loaders(nodes: Nodes, output: str, node_classes: NodeClasses) -> NodeInputs:
    """The inputs of the output's ancestors that name a picture which is uploaded."""
    return tuple(
        target
        for name in ancestors(nodes, output)
        for key, value in nodes[name].inputs.items()
        if not is_link(value) and _uploads(nodes, node_classes, target := NodeInput(node=name, input=key))
    )


def sort_pictures(
    nodes: Nodes, output: str, loaders: NodeInputs, titles: Mapping[str, str], node_classes: NodeClasses
) -> PictureLoaders:
    """Which of the loaders load the first picture and which the last: by what they feed, then by title."""
    needed = frozenset(ancestors(nodes, output))
    roles = {each: _role(nodes, needed, each.node, titles, node_classes) for each in loaders}
    first, last, unclear = (
        tuple(each for each in loaders if roles[each] == role) for role in ("first", "last", "")
    )
    if not first and len(unclear) == 1:
        return PictureLoaders(first=unclear, last=last)
    if not first and not last and _same_file(nodes, unclear):
        return PictureLoaders(first=unclear)
    return PictureLoaders(first=first, last=last, open=unclear)


def find_open_socket(nodes: Nodes, output: str, node_classes: NodeClasses) -> NodeInput | None:
    """An optional picture of a node that makes the clip's latent, which nothing is linked to."""
    for name in ancestors(nodes, output):
        known = node_classes.get(nodes[name].class_type)
        for key, spec in known.inputs.items() if known else ():
            is_open = spec.kind == "IMAGE" and key not in nodes[name].inputs
            if is_open and key in ("start_image", "first_image", "first_frame", "image"):
                return NodeInput(node=name, input=key)
    return None


def _uploads(nodes: Nodes, node_classes: NodeClasses, target: NodeInput) -> bool:
    by_name = target.input == "image" and nodes[target.node].class_type.startswith(LOADERS)
    return by_name or spec_of(nodes, node_classes, target).uploads


def _role(
    nodes: Nodes, needed: frozenset[str], loader: str, titles: Mapping[str, str], node_classes: NodeClasses
) -> str:
    sides = {_side(nodes, target) for target in _fed(nodes, needed, loader, node_classes)} - {""}
    if len(sides) == 1:
        return sides.pop()
    return "" if sides else _by_words(titles.get(loader, ""))


def _side(nodes: Nodes, target: NodeInput) -> str:
    inputs = nodes[target.node].inputs
    if "frame_idx" in inputs:
        index = read_number(nodes, NodeInput(node=target.node, input="frame_idx"))
        return "first" if index == 0 else "last" if index is not None and index < 0 else ""
    if target.input == "image_2":
        return "last"
    return _by_words(UNDERSCORE.sub(" ", target.input))


def _by_words(text: str) -> str:
    return "last" if LAST.search(text) else "first" if FIRST.search(text) else ""


def _fed(nodes: Nodes, needed: frozenset[str], loader: str, node_classes: NodeClasses) -> Iterator[NodeInput]:
    """The inputs that the picture reaches, through nodes that give pictures themselves."""
    waiting, seen = [loader], set[str]()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for target in consumers(nodes, name):
            if target.node not in needed:
                continue
            if target.node not in seen and _gives_picture(nodes[target.node].class_type, node_classes):
                waiting.append(target.node)
            yield target


def _gives_picture(class_type: str, node_classes: NodeClasses) -> bool:
    known = node_classes.get(class_type)
    return bool(PICTURE_TYPES & set(known.outputs)) if known else "image" in class_type.lower()


def _same_file(nodes: Nodes, places: NodeInputs) -> bool:
    return len({nodes[each.node].inputs[each.input] for each in places}) == 1
