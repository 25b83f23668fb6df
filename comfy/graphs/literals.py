"""Follow a node input to the value that it holds, through primitives, switches and arithmetic. Pure."""

from collections.abc import Mapping

from comfy.errors import BadAnswer
from comfy.graphs.expression import Expression
from comfy.graphs.nodes import NodeInput, Nodes, TemplateNode, linked_node

Literal = str | int | float | bool
MAX_LINKS = 20  # followed one after another: a graph may be a circle


def read_literal(nodes: Nodes, target: NodeInput) -> Literal | None:
    """The value of a node input, computed where it is linked; None where only a run would tell."""
    node = nodes.get(target.node)
    return None if node is None else _resolve(nodes, node.inputs.get(target.input), MAX_LINKS)


def read_number(nodes: Nodes, target: NodeInput) -> float | None:
    """The number that a node input holds; None where it holds none."""
    value = read_literal(nodes, target)
    return None if isinstance(value, str | bool) else value


def _resolve(nodes: Nodes, value: object, links: int) -> Literal | None:
    if isinstance(value, str | int | float):
        return value
    source = nodes.get(linked_node(value) or "")
    return _value_of(nodes, source, links - 1) if source and links else None


def _value_of(nodes: Nodes, node: TemplateNode, links: int) -> Literal | None:
    """What a node gives that only holds, chooses or computes a value."""
    inputs = node.inputs
    if "expression" in inputs:
        return _compute(nodes, inputs, links)
    if {"switch", "on_true", "on_false"} <= inputs.keys():
        switch = _resolve(nodes, inputs["switch"], links)
        return None if switch is None else _resolve(nodes, inputs["on_true" if switch else "on_false"], links)
    return _resolve(nodes, inputs["value"], links) if "value" in inputs else None


def _compute(nodes: Nodes, inputs: Mapping[str, object], links: int) -> float | None:
    values = {name.rpartition(".")[2]: _resolve(nodes, each, links) for name, each in inputs.items()}
    numbers = {name: each for name, each in values.items() if not isinstance(each, str | None)}
    try:
        return Expression(str(inputs["expression"])).evaluate(numbers)
    except BadAnswer:
        return None
