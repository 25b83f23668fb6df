"""Which LoRAs of a server a workflow offers, and where they go: the manifest's key `loras`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from comfy.errors import BadAnswer
from comfy.graphs.lora_nodes import LoraFiles, add_loras
from comfy.graphs.lora_places import Expert, LoraPlace, find_lora_places, lora_place_at
from comfy.graphs.nodes import Nodes
from comfy.graphs.ranges import Range
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text, is_mapping
from comfy.protocol.object_info import NodeClasses, base_name, dropdown, is_model_file
from comfy.workflows.lora_files import name_loras
from comfy.workflows.manifest_fields import parse_range, refuse_unknown

MAX_LORAS = 3  # of one clip: as many as `/animate` has options for
USUAL_MOST = 2
USUAL_STRENGTH = Range(least=0, most=2)
KEYS = frozenset({"patterns", "most", "strength", "at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraRule:
    """The LoRAs of a workflow: files of a server that match `patterns`, at most `most` for a clip.

    `strength`: what a person may choose; `usual`: what counts where nobody does. `files`: what one server
    has, by the names for people; nothing until the workflow is adapted to one.
    """

    patterns: tuple[str, ...]
    places: tuple[LoraPlace, ...]
    most: int = USUAL_MOST
    strength: Range = USUAL_STRENGTH
    usual: float = 1.0
    files: Mapping[str, LoraFiles] = field(default_factory=dict[str, LoraFiles])

    @property
    def classes(self) -> frozenset[str]:
        """The node classes that it may add, or whose dropdown lists the files."""
        return frozenset(place.lister.class_type for place in self.places)

    def offering(self, node_classes: NodeClasses, nodes: Nodes) -> "LoraRule":
        """The rule with the files of the server that has these classes, but for those in the graph anyway."""
        lists = [
            set(dropdown(node_classes, place.lister.class_type, place.lister.file))
            for place in self.places
            if place.lister.class_type in node_classes
        ]
        if len(lists) < len(self.places):
            return replace(self, files={})
        there = {
            base_name(value)
            for node in nodes.values()
            for value in node.inputs.values()
            if is_model_file(value)
        }
        listed = {file for file in set[str].intersection(*lists) if base_name(file) not in there}
        experts = {*Expert} <= {place.expert for place in self.places}
        return replace(self, files=name_loras(listed, self.patterns, experts=experts))

    def add(self, nodes: Nodes, loras: Mapping[str, float]) -> Nodes:
        """The nodes with the LoRAs of these names, each with its strength. Raises BadAnswer."""
        if len(loras) > self.most:
            raise BadAnswer(reason=f"loras: {len(loras)} are more than {self.most}")
        for name, strength in loras.items():
            if name not in self.files:
                raise BadAnswer(reason=f"loras: {name} is not offered")
            if strength not in self.strength:
                raise BadAnswer(reason=f"loras: {name}: {strength:g} is not one of {self.strength}")
        return add_loras(
            nodes, self.places, [(self.files[name], strength) for name, strength in loras.items()]
        )


def parse_loras(
    manifest: Mapping[str, object], nodes: Nodes, output: str, node_classes: NodeClasses
) -> LoraRule | None:
    """Parse the key `loras`: a pattern, several, or a table of `patterns`, `most`, `strength` and `at`.

    None where it is not there, or an empty list. Raises BadAnswer.
    """
    given = manifest.get("loras", [])
    if given == []:
        return None
    table = given if is_mapping(given) else {"patterns": given}
    refuse_unknown("loras", table, KEYS)
    patterns = _parse_texts(table.get("patterns", []), "loras.patterns")
    if not all(patterns) or not patterns:
        raise BadAnswer(reason='loras.patterns: name at least one, such as "wan22/*"')
    strength, usual = _parse_strength(table.get("strength", {}))
    return LoraRule(
        patterns=patterns,
        places=_parse_places(table, nodes, output, node_classes),
        most=_parse_most(table.get("most", USUAL_MOST)),
        strength=strength,
        usual=usual,
    )


def _parse_texts(value: object, what: str) -> tuple[str, ...]:
    return tuple(
        as_text(each, what) for each in ([value] if isinstance(value, str) else as_list(value, what))
    )


def _parse_most(value: object) -> int:
    most = as_number(value, "loras.most")
    if most not in range(1, MAX_LORAS + 1):
        raise BadAnswer(reason=f"loras.most: {most:g} is not one of 1 … {MAX_LORAS}")
    return int(most)


def _parse_strength(value: object) -> tuple[Range, float]:
    table = as_mapping(value, "loras.strength")
    refuse_unknown("loras.strength", table, {"least", "most", "default"})
    usual = as_number(table.get("default", 1), "loras.strength.default")
    limits = {"least": USUAL_STRENGTH.least, "most": USUAL_STRENGTH.most, **table}
    allowed = parse_range({key: limits[key] for key in ("least", "most")}, "loras.strength")
    if usual not in allowed:
        raise BadAnswer(reason=f"loras.strength.default: {usual:g} is not one of {allowed}")
    return allowed, usual


def _parse_places(
    table: Mapping[str, object], nodes: Nodes, output: str, node_classes: NodeClasses
) -> tuple[LoraPlace, ...]:
    named = table.get("at")
    if named is None:
        found = find_lora_places(nodes, output, node_classes)
    elif is_mapping(named):
        refuse_unknown("loras.at", named, set(Expert))
        found = tuple(
            lora_place_at(nodes, node_classes, text, Expert(expert))
            for expert, texts in named.items()
            for text in _parse_texts(texts, f"loras.at.{expert}")
        )
    else:
        found = tuple(lora_place_at(nodes, node_classes, text) for text in _parse_texts(named, "loras.at"))
    if not found:
        raise BadAnswer(
            reason="loras: no model of the graph was found that takes LoRAs; name the place, such as "
            'at = ["12.model"]'
        )
    return found
