"""The order in which ComfyUI runs the nodes of a graph, and which of them it runs at all."""

from collections.abc import Callable, Sequence, Set

from playground.comfyui.graph import Graph, Link, Node

IsLazy = Callable[[Node, str], bool]


class Schedule:
    """The nodes left to run for some outputs: what ends a graph soonest goes first (30, 40, 42).

    What a lazy input is linked to is left out until `ask` asks for it.
    """

    def __init__(self, graph: Graph, outputs: Sequence[str], cached: Set[str], is_lazy: IsLazy) -> None:
        self._graph = graph
        self._outputs = frozenset(outputs)
        self._done = set(cached)
        self._is_lazy = is_lazy
        self._sources: dict[str, set[str]] = {}
        for output in outputs:
            self._add(output)

    def next(self) -> str | None:
        """The node to run now; None when all have run."""
        ready = [node_id for node_id, sources in self._sources.items() if not sources - self._done]
        return min(ready, key=self._distance, default=None)

    def finish(self, node_id: str) -> None:
        """Take a node off the schedule."""
        self._done.add(node_id)
        del self._sources[node_id]

    def ask(self, node_id: str, link: Link) -> None:
        """Let a node wait for what one of its lazy inputs is linked to."""
        self._sources[node_id].add(link.node)
        self._add(link.node)

    def _add(self, node_id: str) -> None:
        stack = [node_id]
        while stack:
            node = self._graph[stack.pop()]
            if node.id not in self._sources and node.id not in self._done:
                sources = [link.node for name, link in node.links() if not self._is_lazy(node, name)]
                self._sources[node.id] = set(sources)
                stack += sources

    def _distance(self, node_id: str) -> int:
        """0 for an output, 1 and 2 for what stands so many links before one, 3 for the rest."""
        reached = {node_id}
        for distance in range(3):
            if reached & self._outputs:
                return distance
            reached = {other for other, sources in self._sources.items() if sources & reached}
        return 3
