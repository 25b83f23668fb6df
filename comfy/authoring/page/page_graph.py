"""Convert ComfyUI's page format into API format, as the page itself does before it runs a graph."""

import re
from collections.abc import Iterator, Mapping, Sequence

from comfy.authoring.page.page_facts import model_files, packs, titles
from comfy.authoring.page.page_format import PageFile, PageNode
from comfy.authoring.page.page_links import LinkResolver, Origin, Output, Value
from comfy.authoring.page.picture_switch import switch_on_pictures
from comfy.authoring.page.placement import PlacedGraph, place
from comfy.authoring.page.promoted import PageValues, pack_of
from comfy.authoring.page.virtual_nodes import BROADCASTERS, GROUP_NODES, PAGE_ONLY, PRIMITIVE
from comfy.authoring.source_graph import SourceGraph
from comfy.errors import BadAnswer
from comfy.graphs.nodes import TemplateNode, linked_node
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.json_values import is_list, is_mapping
from comfy.protocol.object_info import NodeClasses

_SUBGRAPH_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EXPORT = "export the file in ComfyUI with Workflow → Export (API)"


def convert_page(page: PageFile, node_classes: NodeClasses) -> SourceGraph:
    """Convert a page's graph. `node_classes`: of a server, before the recorded ones. Raises BadAnswer."""
    kinds = {node.kind for graph in (page.graph, *page.subgraphs.values()) for node in graph.nodes.values()}
    classes = {
        **recorded_classes(kinds),
        **{kind: node_classes[kind] for kind in kinds & node_classes.keys()},
    }
    page, switched = switch_on_pictures(page, classes)
    root = place(page)
    placed = [(scope, node) for scope, node in root.walk() if _runs(scope, node)]
    _check(page, placed)
    real = [(scope, node) for scope, node in placed if node.kind not in PAGE_ONLY]
    left_out = [(scope, node) for scope, node in real if _stands_alone(scope, node, classes)]
    running = [(scope, node) for scope, node in real if not _stands_alone(scope, node, classes)]
    values = PageValues(classes)
    resolver = _make_resolver(page, root, values)
    nodes = {scope.name_of(node): _convert_node(scope, node, values, resolver) for scope, node in running}
    return SourceGraph(
        nodes={name: _without_lost_links(node, nodes) for name, node in nodes.items()},
        titles=titles(running),
        packs=packs(node for _, node in running),
        models=model_files([node for _, node in running], page.models),
        notes=(*switched, *resolver.problems, *_notes(nodes, values, left_out)),
    )


def _runs(scope: PlacedGraph, node: PageNode) -> bool:
    return scope.active and node.active


def _check(page: PageFile, placed: Sequence[tuple[PlacedGraph, PageNode]]) -> None:
    """Raise BadAnswer for what cannot be converted."""
    for scope, node in placed:
        name = scope.name_of(node)
        if node.kind.startswith(GROUP_NODES):
            raise BadAnswer(
                reason=f"node {name} ({node.kind[len('workflow>') :]}) is a group node of older pages; make"
                f" a subgraph of it in ComfyUI, or {_EXPORT}"
            )
        if _SUBGRAPH_ID.fullmatch(node.kind) and node.kind not in page.subgraphs:
            raise BadAnswer(
                reason=f"node {name}: the file lacks the subgraph that it is an instance of; {_EXPORT}"
            )
        if node.kind in BROADCASTERS and _is_linked(node) and (scope.path or not _broadcast_links(page)):
            raise BadAnswer(
                reason=f"node {name} ({node.kind}) hides links that the file does not hold; {_EXPORT}"
            )


def _is_linked(node: PageNode) -> bool:
    return any(each.link is not None for each in node.inputs)


def _stands_alone(scope: PlacedGraph, node: PageNode, classes: NodeClasses) -> bool:
    """Whether it is of an unknown class and linked to nothing, as notes and switches of the page are."""
    if node.kind in classes or _is_linked(node):
        return False
    return node.name not in scope.graph.links_by_source


def _make_resolver(page: PageFile, root: PlacedGraph, values: PageValues) -> LinkResolver:
    primitives = {
        (scope.path, node.name): values.of_primitive(scope, node)
        for scope, node in root.walk()
        if node.kind == PRIMITIVE
    }
    return LinkResolver(promoted=values.promoted, primitives=primitives, broadcast=_broadcast_links(page))


def _broadcast_links(page: PageFile) -> Mapping[tuple[str, str], tuple[str, int]]:
    """The links that "Anything Everywhere" draws when a graph is run, as it saved them beside the graph."""
    links = page.extra.get("ue_links")
    return dict(_parse_broadcast(page, links if is_list(links) else []))


def _parse_broadcast(
    page: PageFile, links: Sequence[object]
) -> Iterator[tuple[tuple[str, str], tuple[str, int]]]:
    for link in links:
        match link:
            case {
                "downstream": int() | str() as target,
                "downstream_slot": int(slot),
                "upstream": int() | str() as source,
                "upstream_slot": int(source_slot),
            }:
                node = page.graph.nodes.get(str(target))
                if node is not None and slot < len(node.inputs):
                    yield (node.name, node.inputs[slot].name), (str(source), source_slot)
            case _:
                pass


def _convert_node(
    scope: PlacedGraph, node: PageNode, values: PageValues, resolver: LinkResolver
) -> TemplateNode:
    inputs = {name: _plain(value) for name, value in values.of_node(scope, node).items()}
    for position, each in enumerate(node.inputs):
        origin = resolver.resolve(scope, node, position)
        if origin is not None:
            inputs[each.name] = _as_input(origin)
    return TemplateNode(class_type=node.kind, inputs=inputs)


def _as_input(origin: Origin) -> object:
    match origin:
        case Output(node=node, slot=slot):
            return [node, slot]
        case Value(value=value):
            return _plain(value)
        case None:
            return None


def _plain(value: object) -> object:
    """A list among the inputs is a link, so that one which is a value is wrapped."""
    return {"__value__": value} if is_list(value) else value


def _without_lost_links(node: TemplateNode, nodes: Mapping[str, TemplateNode]) -> TemplateNode:
    """Without the links to nodes that do not run."""
    inputs = {
        name: value
        for name, value in node.inputs.items()
        if is_mapping(value) or (source := linked_node(value)) is None or source in nodes
    }
    return TemplateNode(class_type=node.class_type, inputs=inputs)


def _notes(
    nodes: Mapping[str, TemplateNode], values: PageValues, left_out: Sequence[tuple[PlacedGraph, PageNode]]
) -> Iterator[str]:
    for scope, node in left_out:
        pack = f" of {pack_of(node)}" if pack_of(node) else ""
        yield f"node {scope.name_of(node)} ({node.kind}{pack}) is not known and linked to nothing: left out"
    lacking = ", ".join(_lacking(nodes, values.defaults))
    if lacking:
        yield (
            "the file is of another version of these nodes, and has no values for"
            f" {lacking}: their defaults are used"
        )


def _lacking(nodes: Mapping[str, TemplateNode], defaults: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, inputs in defaults.items():
        for each in inputs if name in nodes else ():
            if linked_node(nodes[name].inputs.get(each)) is None:
                yield f"{each} of node {name} ({nodes[name].class_type})"
