"""Place the nodes of a page, those of each instance of a subgraph too, under the names they run by."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from comfy.authoring.page.page_format import ANY, PageFile, PageGraph, PageNode
from comfy.errors import BadAnswer

MAX_DEPTH = 20  # subgraphs within subgraphs
MAX_PLACED = 10_000  # nodes: a small file may use a subgraph again and again


@dataclass(slots=True, kw_only=True)
class PlacedGraph:
    """A graph where it stands: the file's own, or one instance of a subgraph (`host`) within `parent`.

    `path`: the names of the instances that lead to it. `active`: whether all these take part in a run.
    """

    graph: PageGraph
    path: tuple[str, ...] = ()
    parent: "PlacedGraph | None" = None
    host: PageNode | None = None
    active: bool = True
    instances: dict[str, "PlacedGraph"] = field(default_factory=dict[str, "PlacedGraph"])

    def name_of(self, node: PageNode) -> str:
        """The node's name in API format."""
        return ":".join((*self.path, node.name))

    def walk(self) -> Iterator[tuple["PlacedGraph", PageNode]]:
        """All nodes in it and in the instances within it, but these themselves."""
        for node in self.graph.nodes.values():
            inner = self.instances.get(node.name)
            if inner is None:
                yield self, node
            else:
                yield from inner.walk()


def place(page: PageFile) -> PlacedGraph:
    """Place all nodes of the page. Raises BadAnswer for circles and for too many."""
    root = PlacedGraph(graph=page.graph)
    pending, placed = [(root, frozenset[str]())], 0
    while pending:
        scope, within = pending.pop()
        placed += len(scope.graph.nodes)
        if placed > MAX_PLACED or len(scope.path) > MAX_DEPTH:
            raise BadAnswer(reason=f"its subgraphs hold more than {MAX_PLACED} nodes or {MAX_DEPTH} levels")
        for node in scope.graph.nodes.values():
            graph = page.subgraphs.get(node.kind)
            if graph is None:
                continue
            if node.kind in within:
                raise BadAnswer(reason=f'subgraph "{graph.title}" contains itself')
            inner = PlacedGraph(
                graph=graph,
                path=(*scope.path, node.name),
                parent=scope,
                host=node,
                active=scope.active and node.active,
            )
            scope.instances[node.name] = inner
            pending.append((inner, within | {node.kind}))
    return root


def host_input(scope: PlacedGraph, slot: int) -> int | None:
    """The position of the subgraph's input `slot` among its instance's inputs, where it is listed there.

    The page saves inputs that have a widget only where they are linked, and finds them by name and type.
    """
    if scope.host is None or slot >= len(scope.graph.inputs):
        return None
    wanted, inputs = scope.graph.inputs[slot], scope.host.inputs
    same = [number for number, each in enumerate(inputs) if each.name == wanted.name]
    exact = [number for number in same if wanted.kind in (inputs[number].kind, ANY)]
    return next(iter(exact or same), None)
