"""What a graph says of its clips: length, size, frame rate, sound, and what its numbers may be. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, Nodes, is_link, linked_node
from comfy.graphs.ranges import Range
from comfy.protocol.object_info import InputSpec, NodeClasses

FRAME_INPUTS = ("length", "num_frames", "video_frames")
RATE_INPUTS = ("fps", "frame_rate")
NO_SPEC = InputSpec(required=True, choices=None, default=None, brings={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """The clip as the sampler makes it: pixels and frames, None where only a run tells."""

    width: int | None = None
    height: int | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPicture:
    """How a workflow takes the picture that its clip ends on.

    `needed`: it cannot run without; else `nodes` are left out and `links` cut where no last picture is given.
    """

    needed: bool
    nodes: frozenset[str] = frozenset()
    links: frozenset[NodeInput] = frozenset()


def consumers(nodes: Nodes, name: str) -> Iterator[NodeInput]:
    """The node inputs that are linked to that node."""
    for other, node in nodes.items():
        for key, value in node.inputs.items():
            if linked_node(value) == name:
                yield NodeInput(node=other, input=key)


def spec_of(nodes: Nodes, node_classes: NodeClasses, target: NodeInput) -> InputSpec:
    """What the class of its node says of an input; NO_SPEC where it says nothing."""
    known = node_classes.get(nodes[target.node].class_type)
    return known.inputs.get(target.input, NO_SPEC) if known else NO_SPEC


def limits_of(nodes: Nodes, node_classes: NodeClasses, targets: tuple[NodeInput, ...]) -> Range:
    """The numbers that all these inputs take: of a primitive, those that the nodes take that it feeds."""
    specs = [spec for each in targets for spec in _specs_behind(nodes, node_classes, each)]
    steps = [int(spec.step) for spec in specs if spec.step and spec.step >= 1]
    return Range(
        least=max((spec.least for spec in specs if spec.least is not None), default=-math.inf),
        most=min((spec.most for spec in specs if spec.most is not None), default=math.inf),
        step=math.lcm(*steps) if steps else 0,
    )


def read_rate(nodes: Nodes, names: tuple[str, ...]) -> float | None:
    """The frames per second, as the first of these nodes says that says any."""
    found = (
        read_number(nodes, NodeInput(node=name, input=key))
        for name in names
        for key in RATE_INPUTS
        if key in nodes[name].inputs
    )
    return next((round(rate, 3) for rate in found if rate and rate > 0), None)


def read_latent(nodes: Nodes, names: tuple[str, ...]) -> Latent:
    """What the node that sets the clip's length says; of several the one nearest to the output."""
    for name in names:
        inputs = nodes[name].inputs
        frames = next((key for key in FRAME_INPUTS if key in inputs), None)
        if frames and {"width", "height"} <= inputs.keys():
            return Latent(
                width=_whole(nodes, name, "width"),
                height=_whole(nodes, name, "height"),
                frames=_whole(nodes, name, frames),
            )
    frames = (_whole(nodes, name, key) for name in names for key in FRAME_INPUTS)
    return Latent(frames=next((each for each in frames if each), None))


def has_sound(nodes: Nodes, names: tuple[str, ...]) -> bool:
    """Whether sound is linked to one of these nodes."""
    return any(is_link(nodes[name].inputs.get("audio")) for name in names)


def find_last_picture(nodes: Nodes, node_classes: NodeClasses, loader: str, output: str) -> LastPicture:
    """What of the graph goes where the picture that `loader` loads is not given."""
    gone, links, waiting = set[str](), set[NodeInput](), [loader]
    while waiting:
        gone.add(name := waiting.pop())
        for target in consumers(nodes, name):
            if not spec_of(nodes, node_classes, target).required:
                links.add(target)
            elif target.node not in gone:
                waiting.append(target.node)
    if output in gone:
        return LastPicture(needed=True)
    kept = frozenset(link for link in links if link.node not in gone)
    return LastPicture(needed=False, nodes=frozenset(gone), links=kept)


def _specs_behind(nodes: Nodes, node_classes: NodeClasses, target: NodeInput) -> Iterator[InputSpec]:
    if target.input == "value":
        for each in consumers(nodes, target.node):
            yield spec_of(nodes, node_classes, each)
    else:
        yield spec_of(nodes, node_classes, target)


def _whole(nodes: Nodes, node: str, name: str) -> int | None:
    number = read_number(nodes, NodeInput(node=node, input=name))
    return None if number is None else int(number)
