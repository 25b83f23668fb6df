"""Small graphs for the tests of tracing."""

from collections.abc import Mapping

from comfy.graphs.nodes import NodeInput, Nodes, TemplateNode
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.object_info import NodeClasses


def nodes(**graph: tuple[str, Mapping[str, object]]) -> Nodes:
    """A graph: of each node its class and its inputs."""
    return {name: TemplateNode(class_type=kind, inputs=inputs) for name, (kind, inputs) in graph.items()}


def classes_of(graph: Nodes) -> NodeClasses:
    """The recorded classes of a graph."""
    return recorded_classes({node.class_type for node in graph.values()})


def at(text: str) -> NodeInput:
    """The input that is written `NODE.INPUT`."""
    node, _, name = text.partition(".")
    return NodeInput(node=node, input=name)


def written(places: tuple[NodeInput, ...]) -> list[str]:
    """The inputs as they stand in a manifest."""
    return [str(each) for each in places]
