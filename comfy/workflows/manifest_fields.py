"""Parse the tables of a manifest: texts, known names, node inputs of the template. All raise BadAnswer."""

from collections.abc import Container, Iterable, Mapping

from comfy.errors import BadAnswer
from comfy.protocol.json_values import as_list, as_mapping, as_text
from comfy.workflows.workflow import NodeInput, Nodes


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
