"""What of a graph is run for its result: the output node, and all nodes that it needs. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping

from comfy.graphs.literals import read_literal
from comfy.graphs.nodes import NodeInput, Nodes, TemplateNode
from comfy.protocol.object_info import NodeClasses

# The save nodes that write a clip, the better kind of file first: it decides between equals.
CLIP_CLASSES = ("SaveVideo", "VHS_VideoCombine", "SaveWEBM", "SaveAnimatedWEBP", "SaveAnimatedPNG")
# Parts of the names of classes that have a `filename_prefix` as well, but save something else.
OTHER_SAVES = (
    "Image",
    "Audio",
    "Latent",
    "Checkpoint",
    "Model",
    "Lora",
    "CLIP",
    "VAE",
    "Text",
    "String",
    "3D",
)
SWITCH_INPUTS = frozenset({"switch", "on_true", "on_false"})


def only_ancestors(nodes: Nodes, output: str) -> Nodes:
    """The output node and the nodes behind it, in their order; ComfyUI runs no others for its result."""
    needed = _find_needed(nodes, output)
    return {name: node for name, node in nodes.items() if name in needed}


def only_executed(nodes: Nodes, output: str, cached: frozenset[str] = frozenset()) -> Nodes:
    """The ancestors that a run executes: none behind `cached` nodes, none in the branch a switch leaves."""
    needed = _find_needed(nodes, output, cached, switched=True)
    return {name: node for name, node in nodes.items() if name in needed}


def find_output(nodes: Nodes, node_classes: NodeClasses | None = None) -> str | None:
    """The node that saves the clip: of several the one with the most nodes behind it; None without any.

    `node_classes`: which classes are output nodes, where that is known; else their names tell.
    """
    candidates = [name for name, node in nodes.items() if _saves_clip(node, node_classes)]
    return max(candidates, key=lambda name: _rank(nodes, name), default=None)


def _rank(nodes: Nodes, name: str) -> tuple[bool, int, int]:
    class_type = nodes[name].class_type
    is_known = class_type in CLIP_CLASSES
    return is_known, len(_find_needed(nodes, name)), -CLIP_CLASSES.index(class_type) if is_known else 0


def _saves_clip(node: TemplateNode, node_classes: NodeClasses | None) -> bool:
    if node.class_type in CLIP_CLASSES:
        return True
    known = node_classes.get(node.class_type) if node_classes else None
    inputs = known.inputs if known else node.inputs
    is_other = any(part.lower() in node.class_type.lower() for part in OTHER_SAVES)
    return "filename_prefix" in inputs and (known is None or known.output) and not is_other


def ancestors(nodes: Nodes, output: str) -> tuple[str, ...]:
    """The names of the output node and of the nodes behind it, the nearest first."""
    return tuple(_find_needed(nodes, output))


def _find_needed(
    nodes: Nodes, output: str, cached: frozenset[str] = frozenset(), *, switched: bool = False
) -> Mapping[str, None]:
    """The names as keys, the nearest to the output first."""
    found: dict[str, None] = {}
    waiting = deque([output])
    while waiting:
        name = waiting.popleft()
        if name in nodes and name not in found and name not in cached:
            found[name] = None
            waiting.extend(_sources(nodes, name, switched=switched))
    return found


def _sources(nodes: Nodes, name: str, *, switched: bool) -> Iterable[str]:
    """The nodes that a node's inputs come from; of a known switch, the branch it takes."""
    node = nodes[name]
    if switched and node.inputs.keys() >= SWITCH_INPUTS:
        switch = read_literal(nodes, NodeInput(node=name, input="switch"))
        unused = "" if switch is None else "on_false" if switch else "on_true"
        return [source for key, source in node.sources.items() if key != unused]
    return node.sources.values()
