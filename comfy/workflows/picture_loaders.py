"""Put a LoadImage in front of an input that takes a picture itself, where the manifest names such a one."""

from collections.abc import Mapping
from dataclasses import replace

from comfy.errors import BadAnswer
from comfy.graphs.nodes import Nodes, TemplateNode, is_link
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.workflow import PICTURES

LOADER = "LoadImage"


def loader_name(picture: str) -> str:
    """The name of the node that loads the picture `image` or `last_image`, where the template had none."""
    return f"animate_{picture}"


def connect_pictures(
    nodes: Nodes, inputs: Mapping[str, tuple[str, ...]], node_classes: NodeClasses
) -> tuple[Nodes, Mapping[str, tuple[str, ...]]]:
    """The nodes with a LoadImage for each input of type IMAGE that `image` or `last_image` names.

    Returned with the inputs that name its `image` instead. Raises BadAnswer for a node that is not there.
    """
    changed, named = dict(nodes), dict(inputs)
    for picture in PICTURES:
        sockets = [each for each in inputs.get(picture, ()) if _takes_picture(nodes, each, node_classes)]
        if sockets:
            loader = loader_name(picture)
            changed[loader] = TemplateNode(class_type=LOADER, inputs={"image": ""})
            others = tuple(each for each in inputs[picture] if each not in sockets)
            named[picture] = (*others, f"{loader}.image")
        for socket in sockets:
            node, _, name = socket.partition(".")
            inputs_of_node = {**changed[node].inputs, name: [loader_name(picture), 0]}
            changed[node] = replace(changed[node], inputs=inputs_of_node)
    return changed, named


def _takes_picture(nodes: Nodes, text: str, node_classes: NodeClasses) -> bool:
    """Whether `NODE.INPUT` takes a picture by a link, and is no loader's name of a file."""
    node, _, name = text.partition(".")
    if node not in nodes:
        raise BadAnswer(reason=f"inputs: the template has no node {node}")
    known = node_classes.get(nodes[node].class_type)
    spec = known.inputs.get(name) if known else None
    return is_link(nodes[node].inputs.get(name)) or (spec is not None and spec.kind == "IMAGE")
