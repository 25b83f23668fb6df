"""Switch on the loaders of pictures that a page's file has switched off, where no other picture comes in."""

from collections.abc import Iterator
from dataclasses import replace

from comfy.authoring.page.page_format import BYPASSED, PageFile, PageGraph, PageNode
from comfy.protocol.object_info import NodeClasses

_LATER = ("end", "last", "mask", "control", "reference", "ref_")  # inputs that are not for the first picture


def switch_on_pictures(page: PageFile, classes: NodeClasses) -> tuple[PageFile, tuple[str, ...]]:
    """The page with the loaders switched on that feed a picture input, and a sentence for each.

    Only where no loader of a picture is on anywhere: else the file's own choice stands.
    """
    graphs = (page.graph, *page.subgraphs.values())
    if any(
        node.active and _loads_picture(node, classes) for graph in graphs for node in graph.nodes.values()
    ):
        return page, ()
    graph, notes = _switch_on(page.graph, classes)
    if notes:
        return replace(page, graph=graph), notes
    subgraphs: dict[str, PageGraph] = {}
    for name, subgraph in page.subgraphs.items():
        subgraphs[name], more = _switch_on(subgraph, classes)
        notes += more
    return replace(page, subgraphs=subgraphs), notes


def _loads_picture(node: PageNode, classes: NodeClasses) -> bool:
    node_class = classes.get(node.kind)
    if node_class is None:
        return "loadimage" in node.kind.lower()
    return "IMAGE" in node_class.outputs and any(spec.uploads for spec in node_class.inputs.values())


def _switch_on(graph: PageGraph, classes: NodeClasses) -> tuple[PageGraph, tuple[str, ...]]:
    fed = {
        node.name: list(_fed(graph, node))
        for node in graph.nodes.values()
        if not node.active and _loads_picture(node, classes)
    }
    fed = {name: inputs for name, inputs in fed.items() if inputs}
    first = {name: inputs for name, inputs in fed.items() if not all(map(_is_later, inputs))}
    chosen = first or fed
    nodes = {name: replace(node, mode=0) if name in chosen else node for name, node in graph.nodes.items()}
    notes = (
        f"node {name} ({graph.nodes[name].kind}) is switched off in the file; it is switched on,"
        f" because it feeds {', '.join(inputs)}"
        for name, inputs in chosen.items()
    )
    return replace(graph, nodes=nodes), tuple(notes)


def _fed(graph: PageGraph, node: PageNode) -> Iterator[str]:
    """The picture inputs of nodes that are on which it feeds, also through bypassed ones."""
    sources, seen = [node], {node.name}
    while sources:
        source = sources.pop()
        for number in graph.links_by_source.get(source.name, ()):
            link = graph.links[number]
            target = graph.nodes.get(link.target)
            if source.outputs[link.source_slot : link.source_slot + 1] != ("IMAGE",):
                continue
            if target is not None and target.active:
                yield from (f"{target.name}.{each.name}" for each in target.inputs if each.link == number)
            elif target is not None and target.mode == BYPASSED and target.name not in seen:
                seen.add(target.name)
                sources.append(target)


def _is_later(place: str) -> bool:
    return any(word in place.rpartition(".")[2].lower() for word in _LATER)
