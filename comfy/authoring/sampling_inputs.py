"""Find the numbers of samplers: seed, steps, cfg, shift, denoise, and the split between two. Pure."""

from collections.abc import Iterator, Mapping

from comfy.authoring.places import find_places, is_number, real_places
from comfy.authoring.traced import Found
from comfy.graphs.ancestors import only_ancestors
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, linked_node
from comfy.graphs.sampler_steps import is_sampler
from comfy.graphs.stages import guess_stage

SEEDS = ("seed", "noise_seed")
ENDS = ("end_at_step", "end_step")
STARTS = ("start_at_step", "start_step")
# The links behind which a sampler's number may stand, and the inputs that hold it.
SOURCES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "seed": (SEEDS, ("noise",)),
    "steps": (("steps",), ("sigmas", "scheduler", "sampler_inputs", "settings")),
    "cfg": (("cfg", "cfg_scale", "guidance_scale", "video_cfg"), ("guider", "sampler_inputs", "settings")),
    "shift": (("shift",), ("scheduler", "sigmas", "sampler_inputs", "settings", "model", "guider")),
    "denoise": (("denoise", "denoise_strength"), ("sigmas", "sampler_inputs", "settings")),
}
NOISE_OFF = ("disable", False)
MAX_DEPTH = 12


def find_samplers(nodes: Nodes, output: str) -> tuple[str, ...]:
    """The nodes that sample for the output, in the order of the graph."""
    names = only_ancestors(nodes, output)
    return tuple(name for name, node in names.items() if is_sampler(node, guess_stage(node.class_type)))


def find_sampling_inputs(nodes: Nodes, samplers: tuple[str, ...]) -> Mapping[str, Found]:
    """The places of all samplers' numbers; none of a number that one sampler gets from a schedule."""
    found = {name: _find(nodes, samplers, name) for name in SOURCES}
    split = _find_split(nodes, samplers)
    if len(split) == 1:
        found["split"] = next(iter(split.values()))
    if len(split) > 1:  # with other steps the samplers would no longer fit together
        found["steps"] = ()
    return {name: _as_found(nodes, name, places) for name, places in found.items() if places}


def first_targets(nodes: Nodes, samplers: tuple[str, ...]) -> Mapping[str, NodeInput]:
    """Of each number the first input that a sampler reads it from, which may be linked."""
    found = {
        name: next(
            (each for sampler in samplers for each in _behind(nodes, sampler, *source, MAX_DEPTH)), None
        )
        for name, source in SOURCES.items()
    }
    return {name: target for name, target in found.items() if target}


def split_ratio(nodes: Nodes, found: Mapping[str, Found]) -> float | None:
    """Which part of the steps the first sampler takes; None where there is one sampler."""
    if "split" not in found or "steps" not in found:
        return None
    steps, split = (read_number(nodes, found[name].places[0]) for name in ("steps", "split"))
    return split / steps if steps and split else None


def _as_found(nodes: Nodes, name: str, places: NodeInputs) -> Found:
    first = places[0]
    how = {
        "seed": "the noise of each sampler",
        "split": "where the second sampler takes over",
    }.get(name, f"{name} of the samplers")
    return Found(places=places, how=how, value=nodes[first.node].inputs[first.input])


def _find(nodes: Nodes, samplers: tuple[str, ...], name: str) -> NodeInputs:
    found = dict[NodeInput, None]()
    keys, links = SOURCES[name]
    for sampler in samplers:
        if name == "seed" and nodes[sampler].inputs.get("add_noise") in NOISE_OFF:
            continue
        targets = tuple(_behind(nodes, sampler, keys, links, MAX_DEPTH))
        places = [real_places(nodes, target, is_number, keys) for target in targets]
        if not all(places):
            return ()  # a schedule or a computed number: with another one elsewhere they would disagree
        found |= dict.fromkeys(place for each in places for place in each)
    return tuple(found)


def _behind(
    nodes: Nodes, name: str, keys: tuple[str, ...], links: tuple[str, ...], depth: int
) -> Iterator[NodeInput]:
    """The nearest inputs of these names, at the node itself or behind those of its links."""
    inputs = nodes[name].inputs
    own = [key for key in keys if key in inputs and not isinstance(inputs[key], bool | str)]
    if own:
        yield NodeInput(node=name, input=own[0])
        return
    for key in (*links, "on_false", "on_true"):
        source = linked_node(inputs.get(key)) or ""
        if source in nodes and depth:
            yield from _behind(nodes, source, keys, links, depth - 1)


def _find_split(nodes: Nodes, samplers: tuple[str, ...]) -> Mapping[float, NodeInputs]:
    """By step: the inputs that end one sampler and start another there."""
    ends, starts = (_limits(nodes, samplers, keys) for keys in (ENDS, STARTS))
    behind = dict(_sigma_splits(nodes, samplers))
    shared = {step: (*ends[step], *starts[step]) for step in ends.keys() & starts.keys() if step > 0}
    joined = {**behind, **shared}
    return {step: tuple(dict.fromkeys(places)) for step, places in joined.items()}


def _limits(nodes: Nodes, samplers: tuple[str, ...], keys: tuple[str, ...]) -> Mapping[float, NodeInputs]:
    found = dict[float, NodeInputs]()
    for sampler in samplers:
        for key in keys:
            target = NodeInput(node=sampler, input=key)
            step = read_number(nodes, target) if key in nodes[sampler].inputs else None
            if step is not None:
                found[step] = (*found.get(step, ()), *(place.target for place in find_places(nodes, target)))
    return found


def _sigma_splits(nodes: Nodes, samplers: tuple[str, ...]) -> Mapping[float, NodeInputs]:
    """The nodes that split a schedule between samplers."""
    found = dict[float, NodeInputs]()
    for sampler in samplers:
        source = linked_node(nodes[sampler].inputs.get("sigmas")) or ""
        if source in nodes and nodes[source].class_type == "SplitSigmas":
            target = NodeInput(node=source, input="step")
            if (step := read_number(nodes, target)) is not None:
                found[step] = (*found.get(step, ()), *real_places(nodes, target))
    return found
