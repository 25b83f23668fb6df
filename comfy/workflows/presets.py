"""Parse the presets of a manifest: values and further node inputs that are set together."""

from collections.abc import Mapping

from comfy.errors import BadAnswer
from comfy.graphs.nodes import Nodes
from comfy.protocol.json_values import as_mapping, as_number, as_text
from comfy.workflows.manifest_fields import parse_sets, refuse_unknown, sub_table, texts
from comfy.workflows.workflow import SETTINGS, Preset

DEFAULT_PRESET = "default"
NUMBERS = (*SETTINGS, "seconds")


def parse_presets(manifest: Mapping[str, object], nodes: Nodes) -> Mapping[str, Preset]:
    """Parse the tables `[presets.NAME]`: numbers, `negative_prompt`, `title` and `set`. Raises BadAnswer.

    A manifest without presets has one, `default`, which takes all from the graph.
    """
    presets = {name: _parse_preset(f"presets.{name}", value, nodes) for name, value in tables(manifest)}
    return presets or {DEFAULT_PRESET: Preset()}


def parse_values(table: Mapping[str, object], what: str) -> Mapping[str, float | str]:
    """The numbers and texts that a preset, or the table `[defaults]`, may give. Raises BadAnswer."""
    refuse_unknown(what, table, {*NUMBERS, "negative_prompt"})
    return {
        name: as_number(value, f"{what}.{name}") if name in NUMBERS else as_text(value, f"{what}.{name}")
        for name, value in table.items()
    }


def tables(manifest: Mapping[str, object]) -> list[tuple[str, object]]:
    """The presets' tables by name."""
    return list(sub_table(manifest, "presets").items())


def _parse_preset(what: str, value: object, nodes: Nodes) -> Preset:
    table = as_mapping(value, what)
    if not what.removeprefix("presets.").strip():
        raise BadAnswer(reason="presets: one has no name")
    numbers = {name: each for name, each in table.items() if name not in ("title", "set")}
    return Preset(
        values=parse_values(numbers, what),
        sets=parse_sets(sub_table(table, "set"), what, nodes),
        title=texts(table, "title"),
    )
