"""Parse the choices of a manifest: their options, and the node inputs that each option sets."""

from collections.abc import Mapping

from comfy.errors import BadAnswer
from comfy.graphs.nodes import Nodes
from comfy.protocol.json_values import as_mapping, as_text
from comfy.workflows.graph import fill
from comfy.workflows.manifest_fields import parse_sets, refuse_unknown, sub_table, texts
from comfy.workflows.workflow import LORA_CHOICE, Choice, Option


def parse_choices(manifest: Mapping[str, object], nodes: Nodes) -> Mapping[str, Choice]:
    """Parse the tables `[choices.NAME]`, each with `title`, `default` and `options`. Raises BadAnswer."""
    tables = sub_table(manifest, "choices")
    if LORA_CHOICE in tables:
        raise BadAnswer(reason=f"choices: {LORA_CHOICE} is the name of the LoRAs")
    return {name: _parse_choice(f"choices.{name}", table, nodes) for name, table in tables.items()}


def apply_defaults(nodes: Nodes, choices: Mapping[str, Choice]) -> Nodes:
    """The template with the default option of every choice."""
    return fill(
        nodes,
        [each for choice in choices.values() for each in choice.options[choice.default].sets.items()],
    )


def _parse_choice(what: str, value: object, nodes: Nodes) -> Choice:
    table = as_mapping(value, what)
    refuse_unknown(what, table, {"title", "default", "options"})
    options = {
        name: _parse_option(f"{what}.{name}", option, nodes)
        for name, option in sub_table(table, "options").items()
    }
    default = as_text(table.get("default"), f"{what}.default")
    refuse_unknown(f"{what}.default", [default], options)
    return Choice(title=texts(table, "title"), default=default, options=options)


def _parse_option(what: str, value: object, nodes: Nodes) -> Option:
    table = as_mapping(value, what)
    refuse_unknown(what, table, {"title", "set"})
    return Option(title=texts(table, "title"), sets=parse_sets(sub_table(table, "set"), what, nodes))
