"""Files in the page's format, made for the tests: a node is a call, a link is a tuple."""

import json
from collections.abc import Mapping, Sequence

from comfy.authoring.reading import read_source
from comfy.authoring.source_graph import SourceGraph
from comfy.protocol.object_info import NodeClasses

Node = dict[str, object]
Link = tuple[int, int, int, int, int, str]  # number, origin and its slot, target and its slot, type


def node(
    number: int,
    kind: str,
    *values: object,
    inputs: Sequence[Mapping[str, object]] = (),
    outputs: Sequence[str] = (),
    **more: object,
) -> Node:
    """A node with its widgets' values."""
    return {
        "id": number,
        "type": kind,
        "mode": 0,
        "inputs": list(inputs),
        "outputs": [{"name": each, "type": each} for each in outputs],
        "properties": {},
        "widgets_values": list(values),
        **more,
    }


def socket(name: str, kind: str, link: int | None = None) -> Mapping[str, object]:
    """An input without a widget."""
    return {"name": name, "type": kind, "link": link}


def widget(name: str, kind: str, link: int | None = None) -> Mapping[str, object]:
    """An input with a widget."""
    return {"name": name, "type": kind, "link": link, "widget": {"name": name}}


def page(*nodes: Node, links: Sequence[Link] = (), subgraphs: Sequence[Node] = (), **more: object) -> Node:
    """A file."""
    definitions = {"definitions": {"subgraphs": list(subgraphs)}} if subgraphs else {}
    return {
        "nodes": list(nodes),
        "links": [list(each) for each in links],
        "version": 0.4,
        **definitions,
        **more,
    }


def subgraph(
    name: str,
    *nodes: Node,
    links: Sequence[Link] = (),
    inputs: Sequence[tuple[str, str]] = (),
    outputs: Sequence[tuple[str, str]] = (),
) -> Node:
    """The definition of a subgraph; its ends are the nodes -10 and -20."""
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    objects = [dict(zip(keys, each, strict=True)) for each in links]
    return {
        "id": name,
        "name": name,
        "nodes": list(nodes),
        "links": objects,
        "inputs": [_end(at, each, objects, "origin", -10) for at, each in enumerate(inputs)],
        "outputs": [_end(at, each, objects, "target", -20) for at, each in enumerate(outputs)],
    }


def _end(at: int, slot: tuple[str, str], links: Sequence[Mapping[str, object]], side: str, end: int) -> Node:
    numbers = [each["id"] for each in links if each[f"{side}_id"] == end and each[f"{side}_slot"] == at]
    return {"name": slot[0], "type": slot[1], "linkIds": numbers}


def read(file: object, node_classes: NodeClasses | None = None) -> SourceGraph:
    """The file as it is read."""
    return read_source(json.dumps(file), node_classes)


def inputs_of(file: object, name: str) -> Mapping[str, object]:
    """The inputs of one node of the file."""
    return read(file).nodes[name].inputs
