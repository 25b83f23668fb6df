"""Parse ComfyUI's API format: an object with each node by its name."""

from collections.abc import Mapping

from comfy.authoring.source_graph import SourceGraph
from comfy.graphs.nodes import TemplateNode
from comfy.protocol.json_values import as_mapping, as_text, is_mapping


def parse_api(template: Mapping[str, object]) -> SourceGraph:
    """Parse the nodes, with the titles under `_meta`. Raises BadAnswer."""
    titles = ((name, _title(node)) for name, node in template.items())
    return SourceGraph(
        nodes={name: _parse_node(f"node {name}", node) for name, node in template.items()},
        titles={name: title for name, title in titles if title},
    )


def _parse_node(what: str, value: object) -> TemplateNode:
    node = as_mapping(value, what)
    return TemplateNode(
        class_type=as_text(node.get("class_type"), f"class_type of {what}"),
        inputs=as_mapping(node.get("inputs"), f"inputs of {what}"),
    )


def _title(node: object) -> str:
    meta = node.get("_meta") if is_mapping(node) else None
    title = meta.get("title") if is_mapping(meta) else None
    return title if isinstance(title, str) else ""
