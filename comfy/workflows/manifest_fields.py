"""Parse the tables of a manifest: texts, known names, node inputs of the template. All raise BadAnswer."""

from collections.abc import Container, Iterable, Mapping

from comfy.errors import BadAnswer
from comfy.graphs.nodes import NodeInput, Nodes
from comfy.graphs.ranges import Range
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text


def sub_table(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The table under `key`, empty when it is not there."""
    return as_mapping(table.get(key, {}), key)


def texts(table: Mapping[str, object], key: str) -> Mapping[str, str]:
    """A table of texts, such as a title by language."""
    return {name: as_text(value, f"{key}.{name}") for name, value in sub_table(table, key).items()}


def text_lists(table: Mapping[str, object], key: str) -> Mapping[str, tuple[str, ...]]:
    """A table of lists of texts, such as file names by role."""
    return {
        name: tuple(as_text(each, f"{key}.{name}") for each in as_list(value, f"{key}.{name}"))
        for name, value in sub_table(table, key).items()
    }


def parse_node_input(text: str, what: str, nodes: Nodes) -> NodeInput:
    """Parse `NODE.INPUT`, which the template must have."""
    node, _, name = text.partition(".")
    if node not in nodes or name not in nodes[node].inputs:
        raise BadAnswer(reason=f"{what}: the template has no input {text}")
    return NodeInput(node=node, input=name)


def refuse_unknown(what: str, names: Iterable[str], known: Container[str]) -> None:
    """Raise BadAnswer for the first name that is not in `known`."""
    for name in names:
        if name not in known:
            raise BadAnswer(reason=f"{what}: {name} is not known")


def parse_range(value: object, what: str) -> Range:
    """Parse `{ least, most, step }`."""
    table = as_mapping(value, what)
    refuse_unknown(what, table, {"least", "most", "step"})
    least, most, step = (as_number(table.get(key, 0), f"{what}.{key}") for key in ("least", "most", "step"))
    if least > most or step < 0:
        raise BadAnswer(reason=f"{what}: least {least:g} is more than most {most:g}, or the step less than 0")
    return Range(least=least, most=most, step=step)


def parse_sets(value: Mapping[str, object], what: str, nodes: Nodes) -> Mapping[NodeInput, str | int | float]:
    """Parse a table of node inputs and what they are set to: a text, a number, true or false."""
    for target, each in value.items():
        # A list would be a link to another node.
        if not isinstance(each, str | int | float):
            raise BadAnswer(reason=f"{what}: {target} can be a text, a number, true or false")
    return {
        parse_node_input(target, what, nodes): each
        for target, each in value.items()
        if isinstance(each, str | int | float)
    }
