"""The nodes and classes of workflows that are sent to a server."""

from collections.abc import Iterable

from comfy.graphs.ancestors import only_ancestors
from comfy.graphs.nodes import Nodes
from comfy.workflows.workflow import Workflow


def needed_nodes(workflow: Workflow) -> Nodes:
    """The nodes of a workflow that are sent: its output and the nodes behind it."""
    return only_ancestors(workflow.nodes, workflow.output)


def used_classes(workflows: Iterable[Workflow]) -> frozenset[str]:
    """The node classes that these workflows use, or may add for LoRAs."""
    found = set[str]()
    for each in workflows:
        found |= {node.class_type for node in needed_nodes(each).values()}
        found |= each.loras.classes if each.loras else frozenset()
    return frozenset(found)
