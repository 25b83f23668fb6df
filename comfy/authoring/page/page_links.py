"""Follow a link of a page to the output or value that it stands for, as ComfyUI's page does.

Through subgraphs, bypassed nodes, reroutes, setters and getters, and primitives.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from comfy.authoring.page.page_format import ANY, BYPASSED, PageLink, PageNode
from comfy.authoring.page.placement import PlacedGraph, host_input
from comfy.authoring.page.virtual_nodes import GETTERS, PAGE_ONLY, PRIMITIVE, SETTERS, first_value, variable
from comfy.errors import BadAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output of a node that runs."""

    node: str
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a widget holds."""

    value: object


MAX_PLACES = 300  # inputs and outputs on the way of one link
Origin = Output | Value | None
Promoted = Callable[[PlacedGraph, int], Value | None]


@dataclass(slots=True, kw_only=True)
class LinkResolver:
    """Resolves inputs; `promoted` gives what an instance's own widget for a subgraph's input holds.

    `broadcast`: links that "Anything Everywhere" draws by itself, by scope's path, node and input.
    `problems`: what led nowhere, one sentence each.
    """

    promoted: Promoted
    primitives: Mapping[tuple[tuple[str, ...], str], object] = field(
        default_factory=dict[tuple[tuple[str, ...], str], object]
    )
    broadcast: Mapping[tuple[str, str], tuple[str, int]] = field(
        default_factory=dict[tuple[str, str], tuple[str, int]]
    )
    problems: list[str] = field(default_factory=list[str])

    def resolve(self, scope: PlacedGraph, node: PageNode, position: int) -> Origin:
        """What comes into the node's input at this position. Raises BadAnswer for a circle."""
        return self._input(scope, node, position, None, frozenset())

    def _input(
        self, scope: PlacedGraph, node: PageNode, position: int, kind: str | None, seen: frozenset[object]
    ) -> Origin:
        place = (scope.path, node.name, "in", position)
        seen = _add(seen, place, scope.name_of(node))
        slot = node.inputs[position]
        link = None if slot.link is None else scope.graph.links.get(slot.link)
        if link is None:
            if slot.link is not None:
                self._report(
                    f'node {scope.name_of(node)}: the file lacks the link to its input "{slot.name}"'
                )
            return self._broadcast(scope, node, slot.name, kind or slot.kind, seen)
        return self._source(scope, link, kind or slot.kind, seen)

    def _broadcast(
        self, scope: PlacedGraph, node: PageNode, name: str, kind: str, seen: frozenset[object]
    ) -> Origin:
        """A link that the file does not hold as one; only in its own graph."""
        source = None if scope.path else self.broadcast.get((node.name, name))
        origin = source and scope.graph.nodes.get(source[0])
        return self._output(scope, origin, source[1], kind, seen) if source and origin else None

    def _source(self, scope: PlacedGraph, link: PageLink, kind: str, seen: frozenset[object]) -> Origin:
        """What a link begins at: the subgraph's own input, or another node's output."""
        if scope.parent and scope.host and link.source == scope.graph.input_node:
            return self._from_outside(scope, scope.parent, scope.host, link.source_slot, seen)
        origin = scope.graph.nodes.get(link.source)
        if origin is None:
            self._report(
                f"node {':'.join((*scope.path, link.target))}: the file lacks node {link.source}, its source"
            )
            return None
        return self._output(scope, origin, link.source_slot, kind, seen)

    def _from_outside(
        self, scope: PlacedGraph, parent: PlacedGraph, host: PageNode, slot: int, seen: frozenset[object]
    ) -> Origin:
        position = host_input(scope, slot)
        if position is not None:
            if host.inputs[position].link is not None:
                return self._input(parent, host, position, None, seen)
            found = self._broadcast(
                parent, host, host.inputs[position].name, host.inputs[position].kind, seen
            )
            if found is not None:
                return found
        return self.promoted(scope, slot)

    def _output(
        self, scope: PlacedGraph, node: PageNode, slot: int, kind: str, seen: frozenset[object]
    ) -> Origin:
        place = (scope.path, node.name, "out", slot)
        seen = _add(seen, place, scope.name_of(node))
        if node.kind == PRIMITIVE:
            return self._primitive(scope, node)
        if node.mode == BYPASSED:
            position = bypass_input(node, slot, kind)
            return None if position is None else self._input(scope, node, position, None, seen)
        inner = scope.instances.get(node.name)
        if inner is not None:
            return self._from_inside(inner, slot, kind, seen)
        if node.kind in GETTERS:
            return self._variable(scope, node, kind, seen)
        if node.kind in PAGE_ONLY:
            return self._input(scope, node, slot, kind, seen) if slot < len(node.inputs) else None
        return Output(node=scope.name_of(node), slot=slot)

    def _primitive(self, scope: PlacedGraph, node: PageNode) -> Origin:
        value = self.primitives.get((scope.path, node.name), first_value(node))
        return None if value is None else Value(value=value)

    def _from_inside(self, inner: PlacedGraph, slot: int, kind: str, seen: frozenset[object]) -> Origin:
        """What a subgraph's output is linked to within it."""
        link = link_of_output(inner, slot)
        if link is not None:
            return self._source(inner, link, kind, seen)
        self._report(
            f"node {':'.join(inner.path)}: the file lacks the link to output {slot} within this subgraph"
        )
        return None

    def _variable(self, scope: PlacedGraph, node: PageNode, kind: str, seen: frozenset[object]) -> Origin:
        """What the setter of the getter's name is linked to: of its own graph, else of those around it."""
        around: PlacedGraph | None = scope
        while around is not None:
            for setter in around.graph.nodes.values():
                if setter.kind in SETTERS and setter.inputs and variable(setter) == variable(node):
                    return self._input(around, setter, 0, kind, seen)
            around = around.parent
        self._report(f'node {scope.name_of(node)}: nothing sets "{variable(node)}", which it asks for')
        return None

    def _report(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _add(seen: frozenset[object], place: object, name: str) -> frozenset[object]:
    """The places on the way, with one more. Raises BadAnswer for a circle, and for a way without end."""
    if place in seen:
        raise BadAnswer(reason=f"node {name}: its links go round in a circle")
    if len(seen) >= MAX_PLACES:
        raise BadAnswer(reason=f"node {name}: a link to it goes through more than {MAX_PLACES // 2} nodes")
    return seen | {place}


def link_of_output(inner: PlacedGraph, slot: int) -> PageLink | None:
    """The link within a subgraph to its output `slot`."""
    graph = inner.graph
    told = (
        graph.links.get(each) for each in (graph.outputs[slot].links if slot < len(graph.outputs) else ())
    )
    others = graph.links.values()
    return next(
        (
            link
            for links in (told, others)
            for link in links
            if link is not None and link.target == graph.output_node and link.target_slot == slot
        ),
        None,
    )


def bypass_input(node: PageNode, slot: int, kind: str) -> int | None:
    """The input that a bypassed node passes on as its output `slot`, to an input of type `kind`."""
    kinds = [each.kind for each in node.inputs]
    if not kinds:
        return None
    if kind == ANY:
        return slot if slot < len(kinds) else 0
    output = node.outputs[slot] if slot < len(node.outputs) else kind
    if slot < len(kinds) and _connects(kinds[slot], output) and _connects(kinds[slot], kind):
        return slot
    if kind in kinds:
        return kinds.index(kind)
    return _first(_connects(each, output) and _connects(each, kind) for each in kinds)


def _first(matches: Iterable[bool]) -> int | None:
    return next((number for number, each in enumerate(matches) if each), None)


def _connects(one: str, other: str) -> bool:
    """Whether an output of one type may be linked to an input of the other; a type may be several."""
    if ANY in (one, other):
        return True
    return bool(set(one.lower().split(",")) & set(other.lower().split(",")))
