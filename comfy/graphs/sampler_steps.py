"""How many steps each sampler of a graph will count, before it runs, as far as the graph says it. Pure.

The facts come from the sources of ComfyUI 0.33 (nodes.py, samplers.py, nodes_custom_sampler.py),
ComfyUI-WanVideoWrapper, ComfyUI-CogVideoXWrapper and ComfyUI-FramePackWrapper.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from comfy.graphs.ancestors import only_executed
from comfy.graphs.literals import read_literal, read_number
from comfy.graphs.nodes import NodeInput, Nodes, Stage, TemplateNode, is_link, linked_node

# Parts of the names of classes that only describe a sampler: "KSamplerSelect", "SamplerEulerAncestral", ….
HELPERS = re.compile(r"^Sampler(?!Custom)|Select|(?<!From)Settings|ExtraArgs|Params|Provider|Config|XYInputs")
# Where a sampler that has no steps of its own gets them from.
STEP_SOURCES = ("sigmas", "scheduler", "sampler_inputs")
# Their `denoise` shortens the schedule; that of other schedulers gives as many steps, only smaller ones.
SHORTENED = frozenset({"AlignYourStepsScheduler", "GITSScheduler", "OptimalStepsScheduler"})
NUMBER = re.compile(r"[-+]?\d*\.*\d+")
FRAMEPACK_FPS = 30
MAX_COUNTED = 100  # outputs looked at for one sampler

Counted = dict[tuple[str, int], int | None]
"""The steps of each output (node and slot) that was looked at: many links may lead to one, or in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedBars:
    """A sampler shows `bars` progress bars of `steps` steps; 0 steps where only a run tells."""

    steps: int
    bars: int = 1


def is_sampler(node: TemplateNode, stage: Stage) -> bool:
    """Whether the node samples, and does not only describe a sampler or its schedule."""
    if stage is Stage.SAMPLING:
        return not HELPERS.search(node.class_type)
    # Detailers and upscalers that sample have other names.
    return (
        stage is Stage.LOADING
        and "steps" in node.inputs
        and bool({"seed", "noise_seed"} & node.inputs.keys())
    )


def expect_bars(nodes: Nodes, stages: Mapping[str, Stage], output: str) -> Mapping[str, ExpectedBars]:
    """What each sampler that runs for the output will count."""
    return {
        name: _expect(nodes, name)
        for name, node in only_executed(nodes, output).items()
        if is_sampler(node, stages.get(name, Stage.LOADING))
    }


def _expect(nodes: Nodes, name: str) -> ExpectedBars:
    steps = _count(nodes, name, 0, {})
    bars = _framepack_sections(nodes, name) if nodes[name].class_type == "FramePackSampler" else 1
    return ExpectedBars(steps=max(0, steps or 0), bars=bars)


def _framepack_sections(nodes: Nodes, name: str) -> int:
    """FramePackSampler samples section by section, each with its own bar."""
    seconds, window = (_number(nodes, name, key) for key in ("total_second_length", "latent_window_size"))
    return max(1, round(seconds * FRAMEPACK_FPS / (window * 4))) if seconds and window else 1


def _count(nodes: Nodes, name: str, slot: int, counted: Counted) -> int | None:
    """The steps that a sampler takes, or that the schedule at output `slot` of a node has."""
    at = (name, slot)
    if at not in counted and name in nodes and len(counted) < MAX_COUNTED:
        counted[at] = None  # for who comes back to it by a circle
        counted[at] = _count_once(nodes, name, slot, counted)
    return counted.get(at)


def _count_once(nodes: Nodes, name: str, slot: int, counted: Counted) -> int | None:
    node = nodes[name]
    match node.class_type:
        case "ManualSigmas":
            sigmas = read_literal(nodes, NodeInput(node=name, input="sigmas"))
            return len(NUMBER.findall(sigmas)) - 1 if isinstance(sigmas, str) else None
        case "SplitSigmas" | "SplitSigmasDenoise":
            return _split(nodes, name, slot, counted)
        case "ExtendIntermediateSigmas":
            return None
        case _:
            total = _total(nodes, name, counted)
            return None if total is None else _part(nodes, name, total)


def _total(nodes: Nodes, name: str, counted: Counted) -> int | None:
    """The steps of the whole schedule, of which the node may take a part."""
    inputs = nodes[name].inputs
    for key in STEP_SOURCES:
        if is_link(link := inputs.get(key)) and (steps := _follow(nodes, link, counted)) is not None:
            return steps
    if "steps" in inputs:
        steps = _number(nodes, name, "steps")
        return None if steps is None else int(steps)
    if "switch" in inputs:
        taken = "on_true" if read_literal(nodes, NodeInput(node=name, input="switch")) else "on_false"
        return _follow(nodes, inputs.get(taken), counted)
    return _follow(nodes, next(iter(inputs.values())), counted) if len(inputs) == 1 else None  # a reroute


def _follow(nodes: Nodes, link: object, counted: Counted) -> int | None:
    return _count(nodes, linked_node(link) or "", int(str(link[1])), counted) if is_link(link) else None


def _split(nodes: Nodes, name: str, slot: int, counted: Counted) -> int | None:
    steps = _follow(nodes, nodes[name].inputs.get("sigmas"), counted)
    at, denoise = (_number(nodes, name, key) for key in ("step", "denoise"))
    if steps is None or (at is None and denoise is None):
        return None
    first = min(int(at), steps) if at is not None else steps - round(steps * (denoise or 0))
    return steps - first if slot else first


def _part(nodes: Nodes, name: str, total: int) -> int | None:
    """The steps between start and end, by whichever names the class has for them."""
    node = nodes[name]
    limits = {"start_at_step": 0.0, "start_step": 0.0, "end_at_step": -1.0, "end_step": -1.0}
    given = {key: _number(nodes, name, key) if key in node.inputs else limits[key] for key in limits}
    if None in given.values():
        return None
    start = max(0, *(int(given[key] or 0) for key in ("start_at_step", "start_step")))
    ends = [int(end) for key in ("end_at_step", "end_step") if (end := given[key]) is not None and end >= 0]
    return _shorten(nodes, name, max(0, min([total, *ends]) - start))


def _shorten(nodes: Nodes, name: str, steps: int) -> int:
    """What is left of the steps below full denoise, where a class takes fewer for it."""
    class_type = nodes[name].class_type
    denoise = _number(nodes, name, "denoise")
    strength = _number(nodes, name, "denoise_strength")
    if class_type in SHORTENED and denoise is not None and denoise < 1:
        return round(steps * denoise)
    if class_type == "SDTurboScheduler" and denoise is not None:
        return min(steps, int(10 * denoise))
    if strength is None or strength >= 1:
        return steps
    if "WanVideo" in class_type:
        return int(steps * strength) + 1
    return int(steps * strength) if "CogVideo" in class_type else steps


def _number(nodes: Nodes, name: str, key: str) -> float | None:
    return read_number(nodes, NodeInput(node=name, input=key))
