"""Change nodes of a template as the table `[nodes]` of its manifest says. Pure."""

from collections.abc import Iterator, Mapping

from comfy.errors import BadAnswer
from comfy.graphs.nodes import Nodes, TemplateNode, linked_node
from comfy.protocol.json_values import as_mapping, as_text
from comfy.workflows.manifest_fields import refuse_unknown, sub_table


def edit_nodes(nodes: Nodes, manifest: Mapping[str, object]) -> Nodes:
    """The nodes as `[nodes.NAME]` says: with a `class_type` a node of its own, else with `inputs` changed.

    An input is a value, or a link `[NODE, OUTPUT]`. Raises BadAnswer.
    """
    edits = sub_table(manifest, "nodes")
    edited = {**nodes, **{name: _edit(f"nodes.{name}", nodes.get(name), edits[name]) for name in edits}}
    for name in edits:
        for source in _sources(edited[name]):
            if source not in edited:
                raise BadAnswer(reason=f"nodes.{name}: there is no node {source} to link it to")
    return edited


def _edit(what: str, node: TemplateNode | None, value: object) -> TemplateNode:
    table = as_mapping(value, what)
    refuse_unknown(what, table, {"class_type", "inputs"})
    inputs = sub_table(table, "inputs")
    if "class_type" in table:
        return TemplateNode(class_type=as_text(table["class_type"], f"{what}.class_type"), inputs=inputs)
    if node is None:
        raise BadAnswer(reason=f"{what}: the template has no such node; a new one needs a class_type")
    return TemplateNode(class_type=node.class_type, inputs={**node.inputs, **inputs})


def _sources(node: TemplateNode) -> Iterator[str]:
    return (source for value in node.inputs.values() if (source := linked_node(value)))
