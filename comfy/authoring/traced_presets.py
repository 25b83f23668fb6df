"""Find the switch that makes a graph fast, such as "Enable 4 steps LoRA?": it becomes presets. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from comfy.authoring.places import branches_of, switch_place
from comfy.authoring.traced import TracedPreset
from comfy.graphs.ancestors import ancestors
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, Nodes

FAST = re.compile(
    r"turbo|lightning|lightx2v|distill|\b(?:[2-8]|four|eight)[ _-]?steps?\b|[2-8四八] ?步|加速|快速",
    re.IGNORECASE,
)
VALUES = ("steps", "cfg", "shift")


def find_presets(
    nodes: Nodes, output: str, targets: Mapping[str, NodeInput], titles: Mapping[str, str]
) -> Mapping[str, TracedPreset]:
    """The presets `quality` and `turbo`, that of the graph as it stands first; none without such a switch.

    `targets`: the sampler's input of each number.
    """
    places = {
        place
        for name in ancestors(nodes, output)
        if branches_of(nodes, name) and (place := switch_place(nodes, name)) and _is_fast(place, titles)
    }
    if len(places) != 1:
        return {}
    place = places.pop()
    values = {is_on: _values(_switch(nodes, place, is_on), targets) for is_on in (True, False)}
    changed = {name for name in values[True] if values[True][name] != values[False].get(name)}
    order = (True, False) if nodes[place.node].inputs[place.input] is True else (False, True)
    return {
        "turbo" if is_on else "quality": TracedPreset(
            values={name: value for name, value in values[is_on].items() if name in changed},
            sets={place: is_on},
            how=f'the switch "{titles[place.node]}" {"on" if is_on else "off"}',
        )
        for is_on in order
    }


def _is_fast(place: NodeInput, titles: Mapping[str, str]) -> bool:
    return bool(FAST.search(titles.get(place.node, "")))


def _switch(nodes: Nodes, place: NodeInput, value: bool) -> Nodes:
    node = nodes[place.node]
    return {**nodes, place.node: replace(node, inputs={**node.inputs, place.input: value})}


def _values(nodes: Nodes, targets: Mapping[str, NodeInput]) -> Mapping[str, float]:
    """The numbers as they reach the samplers."""
    read = {name: read_number(nodes, targets[name]) for name in VALUES if name in targets}
    return {name: value for name, value in read.items() if value is not None}
