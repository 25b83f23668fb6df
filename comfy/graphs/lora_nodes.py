"""Add LoRAs to a graph at its places. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from comfy.graphs.lora_places import Expert, LoraPlace, LoraSelector
from comfy.graphs.nodes import Nodes, TemplateNode, is_link

LoraFiles = Mapping[Expert | None, str]
"""The file of a LoRA for each expert; under None the one for any model."""


def add_loras(nodes: Nodes, places: Sequence[LoraPlace], loras: Sequence[tuple[LoraFiles, float]]) -> Nodes:
    """The nodes with these LoRAs, each with its strength, after those that are there already.

    A LoRA of one expert is left out where another one's place is. The added nodes are named
    `animate_lora_PLACE_NUMBER`.
    """
    changed = dict(nodes)
    for index, place in enumerate(places):
        files = [
            (file, strength)
            for each, strength in loras
            if (file := each.get(place.expert, each.get(None))) is not None
        ]
        changed |= _filled(changed, place, files) if place.selector is None else {}
        changed |= _chained(changed, place, place.selector, files, index) if place.selector else {}
    return changed


def _filled(nodes: Nodes, place: LoraPlace, files: Sequence[tuple[str, float]]) -> Nodes:
    """The flexible loader with more inputs `lora_N`."""
    name = place.inputs[0].node
    if name not in nodes:
        return {}
    node = nodes[name]
    numbers = [int(key[5:]) for key in node.inputs if key[:5].lower() == "lora_" and key[5:].isdecimal()]
    first = max(numbers, default=0) + 1
    added = {
        f"lora_{first + index}": {"on": True, "lora": file, "strength": strength}
        for index, (file, strength) in enumerate(files)
    }
    return {name: replace(node, inputs={**node.inputs, **added})}


def _chained(
    nodes: Nodes, place: LoraPlace, selector: LoraSelector, files: Sequence[tuple[str, float]], index: int
) -> Nodes:
    """A node for each file, and the inputs of the place linked to the last one."""
    inputs = [each for each in place.inputs if each.node in nodes]
    if not files or not inputs:
        return {}
    source = nodes[inputs[0].node].inputs.get(inputs[0].input)
    chain = dict(_chain(place, selector, files, index, source))
    changed = {each.node: nodes[each.node] for each in inputs}
    for each in inputs:
        node = changed[each.node]
        changed[each.node] = replace(node, inputs={**node.inputs, each.input: [list(chain)[-1], 0]})
    return {**chain, **changed}


def _chain(
    place: LoraPlace,
    selector: LoraSelector,
    files: Sequence[tuple[str, float]],
    index: int,
    source: object,
) -> Iterator[tuple[str, TemplateNode]]:
    for number, (file, strength) in enumerate(files, 1):
        name = f"animate_lora_{index + 1}_{number}"
        previous = {selector.previous: source} if is_link(source) else {}
        inputs = {**previous, **place.settings, selector.file: file, selector.strength: strength}
        yield name, TemplateNode(class_type=selector.class_type, inputs=inputs)
        source = [name, 0]
