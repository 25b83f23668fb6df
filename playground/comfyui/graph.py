"""The graph as it was sent, read into nodes and links, and the order in which ComfyUI runs them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

Json = Mapping[str, object]


class Link(NamedTuple):
    """`["12", 0]` in a graph: output `slot` of node `node`."""

    node: str
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One entry of a graph: `kind` is its class_type."""

    id: str
    kind: str
    inputs: Json

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that come from another node."""
        for name, value in self.inputs.items():
            if link := parse_link(value):
                yield name, link


Graph = Mapping[str, Node]


def parse_object(value: object) -> Json:
    """`value` if it is a JSON object, else an empty one."""
    return cast(Json, value) if isinstance(value, Mapping) else {}


def parse_list(value: object) -> Sequence[object]:
    """`value` if it is a JSON array, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def parse_link(value: object) -> Link | None:
    """Read `[node, slot]`; None for a plain value."""
    match parse_list(value):
        case [node, int(slot)]:
            return Link(str(node), slot)
        case _:
            return None


def parse_graph(wire: Json) -> Graph:
    """Read a graph whose nodes are known to have a class_type."""
    entries = ((node_id, parse_object(entry)) for node_id, entry in wire.items())
    return {
        node_id: Node(id=node_id, kind=str(entry.get("class_type")), inputs=parse_object(entry.get("inputs")))
        for node_id, entry in entries
    }


def without_dangling_links(graph: Graph) -> Graph:
    """Leave out inputs that lead nowhere, which validation lets pass where a class does not know them."""
    return {node.id: replace(node, inputs=_sound_inputs(node, graph)) for node in graph.values()}


def needed(graph: Graph, outputs: Sequence[str]) -> list[str]:
    """The outputs and everything before them, in the order in which ComfyUI discovers them."""
    stack, found = list(outputs), dict[str, None]()
    while stack:
        node_id = stack.pop()
        if node_id not in found:
            found[node_id] = None
            stack += [link.node for _, link in graph[node_id].links()]
    return list(found)


def _sound_inputs(node: Node, graph: Graph) -> Json:
    dangling = {name for name, link in node.links() if link.node not in graph}
    return {name: value for name, value in node.inputs.items() if name not in dangling}
