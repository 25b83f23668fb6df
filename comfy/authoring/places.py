"""Find where a value of a graph stands: through links, primitives and switches, to what a person types."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from comfy.errors import BadAnswer
from comfy.graphs.expression import Expression
from comfy.graphs.literals import MAX_LINKS, read_literal
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, TemplateNode, is_link, linked_node

# The two branches of a switch, and what it is switched by, in the names of several packs.
BRANCHES = (("on_false", "on_true"), ("if_false", "if_true"), ("false_value", "true_value"))
SWITCHES = ("switch", "boolean", "condition", "select")
Kind = Callable[[object], bool]
FIRST_OF = "any_0"  # "Any Switch (rgthree)" gives the first of its inputs that is linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands. `factor`: it arrives multiplied by this, as `a / 2` halves a width."""

    target: NodeInput
    factor: float = 1.0


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether an input's value is a number, and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: object) -> TypeGuard[str]:
    """Whether an input's value is a text."""
    return isinstance(value, str)


def is_flag(value: object) -> TypeGuard[bool]:
    """Whether an input's value is a yes or no."""
    return isinstance(value, bool)


def find_places(
    nodes: Nodes, target: NodeInput, kind: Kind = is_number, names: tuple[str, ...] = ()
) -> tuple[Place, ...]:
    """Where the value of an input stands; of a switch in both branches, the active one first.

    `names`: which inputs of a node with several values are meant. A primitive that is fed with a computed
    value counts as its place. Empty where only a run tells, or where what stands there is of another kind.
    """
    node = nodes.get(target.node)
    if node is None or target.input not in node.inputs:
        return ()
    found = dict[NodeInput, Place]()
    for each in _walk(nodes, target, (target.input, *names), 1.0, MAX_LINKS):
        value = nodes[each.target.node].inputs.get(each.target.input)
        if not kind(value) and not is_link(value):
            return ()
        found.setdefault(each.target, each)
    return tuple(found.values())


def real_places(
    nodes: Nodes, target: NodeInput, kind: Kind = is_number, names: tuple[str, ...] = ()
) -> NodeInputs:
    """As `find_places`, where the value arrives unchanged."""
    found = find_places(nodes, target, kind, names)
    return () if any(place.factor != 1 for place in found) else tuple(place.target for place in found)


def branches_of(nodes: Nodes, name: str) -> tuple[str, ...]:
    """The inputs that a switch chooses from, the one it takes now first; none for other nodes."""
    inputs = nodes[name].inputs
    if first := sorted(key for key in inputs if key.startswith(FIRST_OF) and is_link(inputs[key])):
        return tuple(first[:1])
    for off, on in BRANCHES:
        if off in inputs or on in inputs:
            both = (on, off) if _is_on(nodes, name) else (off, on)
            return tuple(key for key in both if key in inputs)
    return ()


def switch_place(nodes: Nodes, name: str) -> NodeInput | None:
    """The boolean that a switch goes by, at its real place."""
    for key in SWITCHES:
        if key in nodes[name].inputs:
            found = real_places(nodes, NodeInput(node=name, input=key), is_flag)
            return found[0] if len(found) == 1 else None
    return None


def scalar_inputs(node: TemplateNode) -> Mapping[str, str | int | float]:
    """The inputs of a node that hold a text or a number, and are no yes or no."""
    return {
        key: value
        for key, value in node.inputs.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }


def _is_on(nodes: Nodes, name: str) -> bool:
    keys = [key for key in SWITCHES if key in nodes[name].inputs]
    return bool(keys and read_literal(nodes, NodeInput(node=name, input=keys[0])))


def _walk(
    nodes: Nodes, target: NodeInput, names: tuple[str, ...], factor: float, links: int
) -> Iterator[Place]:
    value = nodes[target.node].inputs.get(target.input)
    if not is_link(value):
        if value is not None:
            yield Place(target=target, factor=factor)
        return
    source = linked_node(value) or ""
    if source in nodes and links:
        yield from _walk_source(nodes, source, names, factor, links - 1)


def _walk_source(
    nodes: Nodes, source: str, names: tuple[str, ...], factor: float, links: int
) -> Iterator[Place]:
    inputs = nodes[source].inputs
    if isinstance(formula := inputs.get("expression"), str):
        yield from _walk_formula(nodes, source, formula, names, factor, links)
    elif is_number(scale := inputs.get("scale_by")) and scale > 0:
        for key in (key for key, value in inputs.items() if is_link(value)):
            yield from _walk(nodes, NodeInput(node=source, input=key), names, factor * scale, links)
    elif branches := branches_of(nodes, source):
        for key in branches:
            yield from _walk(nodes, NodeInput(node=source, input=key), names, factor, links)
    elif is_link(inputs.get("value")):
        target = NodeInput(node=source, input="value")
        behind = list(_walk(nodes, target, names, factor, links))
        yield from behind or [Place(target=target, factor=factor)]
    elif (key := _value_input(nodes[source], names)) is not None:
        yield from _walk(nodes, NodeInput(node=source, input=key), names, factor, links)


def _walk_formula(
    nodes: Nodes, source: str, formula: str, names: tuple[str, ...], factor: float, links: int
) -> Iterator[Place]:
    """Through a formula of one value that is only multiplied or divided."""
    linked = [key for key, value in nodes[source].inputs.items() if is_link(value)]
    if len(linked) == 1 and (scale := _scale(formula, linked[0].rpartition(".")[2])):
        yield from _walk(nodes, NodeInput(node=source, input=linked[0]), names, factor * scale, links)


def _scale(formula: str, name: str) -> float | None:
    """The number that a formula multiplies its one value with; None where it does anything else."""
    try:
        values = [Expression(formula).evaluate({name: each}) / each for each in (64.0, 1024.0, 1216.0)]
    except BadAnswer:
        return None
    return values[0] if values[0] > 0 and max(values) - min(values) < 1e-9 else None


def _value_input(node: TemplateNode, names: tuple[str, ...]) -> str | None:
    """The input of a source that its output shows: `value`, one of `names`, or its only one."""
    for key in ("value", *names):
        if key in node.inputs:
            return key
    scalars, links = scalar_inputs(node), [key for key, each in node.inputs.items() if is_link(each)]
    if not links and len(scalars) == 1:
        return next(iter(scalars))
    return links[0] if len(links) == 1 and not scalars else None
