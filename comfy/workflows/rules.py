"""Work out what a workflow's clips can be: from its manifest, else from the graph and its node classes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from comfy.errors import BadAnswer
from comfy.graphs.ancestors import ancestors
from comfy.graphs.literals import read_literal, read_number
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes
from comfy.graphs.ranges import Range
from comfy.graphs.tracing import (
    LastPicture,
    Latent,
    find_last_picture,
    has_sound,
    limits_of,
    read_latent,
    read_rate,
)
from comfy.protocol.json_values import as_list, as_mapping, as_number
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.manifest_fields import parse_range, refuse_unknown, sub_table
from comfy.workflows.presets import parse_values
from comfy.workflows.workflow import MAX_SEED, Preset, Rules, SizeRule

USUAL_LIMITS = {
    "steps": Range(least=1, most=100),
    "cfg": Range(least=0, most=30),
    "shift": Range(least=0, most=100),
    "denoise": Range(least=0.01, most=1),
    "seed": Range(least=0, most=MAX_SEED),
    "width": Range(least=64, most=4096),
    "height": Range(least=64, most=4096),
    "fps": Range(least=1, most=240),
}
"""What people may choose where the manifest says nothing, however much more the node takes."""
DEFAULT_AREA = 832 * 480  # pixels: what most models of today were made for
DEFAULT_MULTIPLE = 16  # pixels: two cells of 8, also where a node takes finer steps than its sampler
MAX_OFFERED_SECONDS = 25  # Discord's limit of suggestions


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleSource:
    """All that rules are read from; `names`: the nodes that are sent, the nearest to the output first."""

    manifest: Mapping[str, object]
    nodes: Nodes
    inputs: Mapping[str, NodeInputs]
    classes: NodeClasses
    output: str
    names: tuple[str, ...]


def derive_rules(
    manifest: Mapping[str, object],
    nodes: Nodes,
    output: str,
    inputs: Mapping[str, NodeInputs],
    presets: Mapping[str, Preset],
    classes: NodeClasses,
) -> Rules:
    """The rules of a workflow. Raises BadAnswer."""
    names = ancestors(nodes, output)
    source = _RuleSource(
        manifest=manifest, nodes=nodes, inputs=inputs, classes=classes, output=output, names=names
    )
    latent, fps = read_latent(nodes, names), _frame_rate(source)
    ranges = _ranges(source, presets, latent)
    defaults = _defaults(source, latent, fps)
    return Rules(
        ranges=ranges,
        defaults=defaults,
        fps=fps,
        frames=_fixed_frames(source, latent),
        seconds=_offered_seconds(source, ranges, fps, defaults.get("seconds")),
        size=_size(source, ranges, latent),
        sound=_flag(manifest, "sound", default=has_sound(nodes, names)),
        last_picture=_last_picture(source),
    )


def _frame_rate(source: _RuleSource) -> float | None:
    if "fps" in source.manifest:
        rate = as_number(source.manifest["fps"], "fps")
        if not 1 <= rate <= USUAL_LIMITS["fps"].most:
            raise BadAnswer(reason=f"fps: {rate:g} is not within {USUAL_LIMITS['fps']}")
        return rate
    return read_rate(source.nodes, source.names)


def _fixed_frames(source: _RuleSource, latent: Latent) -> int | None:
    if "frames" in source.manifest:
        return int(as_number(source.manifest["frames"], "frames"))
    return latent.frames


def _ranges(source: _RuleSource, presets: Mapping[str, Preset], latent: Latent) -> Mapping[str, Range]:
    given = {
        name: parse_range(value, f"ranges.{name}")
        for name, value in sub_table(source.manifest, "ranges").items()
    }
    refuse_unknown("ranges", given, {*USUAL_LIMITS, "frames", "seconds"})
    read = {name: _range_of(source, name, presets, latent) for name in source.inputs if name not in given}
    return {**given, **{name: allowed for name, allowed in read.items() if allowed is not None}}


def _range_of(source: _RuleSource, name: str, presets: Mapping[str, Preset], latent: Latent) -> Range | None:
    """What the nodes take of a number, within what is usual, and with what preset and graph have."""
    targets = source.inputs[name]
    limits = limits_of(source.nodes, source.classes, targets)
    held = read_number(source.nodes, targets[0])
    if name == "frames":
        return _frames_range(limits, held or latent.frames)
    if name == "seconds":
        return Range(least=max(limits.least, 1), most=min(limits.most, max(held or 0, 5)))
    if name not in USUAL_LIMITS:
        return None
    own = [] if name == "seed" else [held, *(preset.values.get(name) for preset in presets.values())]
    numbers = [each for each in own if isinstance(each, int | float)]
    usual = USUAL_LIMITS[name]
    least, most = min([usual.least, *numbers]), max([usual.most, *numbers])
    step = limits.step if name in ("width", "height") else 0
    return Range(least=max(limits.least, least), most=min(limits.most, most), step=step)


def _frames_range(limits: Range, held: float | None) -> Range:
    """From the fewest that the node takes up to what the graph has: its author has tried that."""
    step = limits.step or 1
    least = limits.least if math.isfinite(limits.least) else 1
    most = held if held and held >= least else least
    return Range(least=least, most=min(most, limits.most), step=step)


def _defaults(source: _RuleSource, latent: Latent, fps: float | None) -> Mapping[str, float | str]:
    held: dict[str, float | str] = {}
    for name in ("steps", "cfg", "shift", "denoise", "seconds"):
        if (
            name in source.inputs
            and (number := read_number(source.nodes, source.inputs[name][0])) is not None
        ):
            held[name] = round(number, 6)
    if "negative_prompt" in source.inputs:
        text = read_literal(source.nodes, source.inputs["negative_prompt"][0])
        held["negative_prompt"] = text if isinstance(text, str) else ""
    if "frames" in source.inputs and fps:
        frames = read_number(source.nodes, source.inputs["frames"][0]) or latent.frames
        held |= {"seconds": round((frames - 1) / fps, 3)} if frames else {}
    return {**held, **parse_values(sub_table(source.manifest, "defaults"), "defaults")}


def _offered_seconds(
    source: _RuleSource, ranges: Mapping[str, Range], fps: float | None, default: float | str | None
) -> tuple[float, ...]:
    """Those of the manifest, else each whole second that can be had."""
    if "seconds" in source.manifest:
        listed = as_list(source.manifest["seconds"], "seconds")
        return tuple(as_number(each, "seconds") for each in listed)
    if "seconds" in source.inputs:
        allowed = ranges["seconds"]
    elif "frames" in source.inputs and fps:
        frames = ranges["frames"]
        allowed = Range(least=(frames.least - 1) / fps, most=(frames.most - 1) / fps)
    else:
        return ()
    whole = range(max(math.ceil(allowed.least), 1), math.floor(allowed.most) + 1)
    own = [default] if isinstance(default, int | float) else []
    return tuple(sorted({*map(float, list(whole)[: MAX_OFFERED_SECONDS - 1]), *own}))


def _size(source: _RuleSource, ranges: Mapping[str, Range], latent: Latent) -> SizeRule | None:
    if "size" in source.manifest:
        return _parse_size(source.manifest["size"], _area(source), ranges)
    if {"width", "height"} <= source.inputs.keys():
        return _area_rule(_area(source) or DEFAULT_AREA, 0, ranges)
    for name in ("width", "height"):
        if name in source.inputs:
            raise BadAnswer(reason=f"inputs: {name} alone fills no size; name width and height, or neither")
    if latent.width and latent.height:
        return SizeRule(sizes=((latent.width, latent.height),))
    return None


def _area(source: _RuleSource) -> int:
    """The number of pixels of the graph's own size, 0 where it does not hold one."""
    sides = (
        read_number(source.nodes, source.inputs[name][0]) or 0
        for name in ("width", "height")
        if name in source.inputs
    )
    return int(math.prod(sides)) if {"width", "height"} <= source.inputs.keys() else 0


def _area_rule(area: int, multiple: int, ranges: Mapping[str, Range]) -> SizeRule:
    width, height = ranges["width"], ranges["height"]
    steps = [int(each.step) for each in (width, height) if each.step >= 2]
    return SizeRule(
        area=area,
        multiple=multiple or math.lcm(DEFAULT_MULTIPLE, *steps),
        least=int(max(width.least, height.least)),
        most=int(min(width.most, height.most)),
    )


def _parse_size(value: object, area: int, ranges: Mapping[str, Range]) -> SizeRule:
    table = as_mapping(value, "size")
    refuse_unknown("size", table, {"sizes", "area", "multiple"})
    if "sizes" in table:
        sizes = tuple(_parse_pair(each) for each in as_list(table["sizes"], "size.sizes"))
        if not sizes:
            raise BadAnswer(reason="size.sizes: there is none")
        return SizeRule(sizes=sizes)
    area = int(as_number(table.get("area", area), "size.area"))
    multiple = int(as_number(table.get("multiple", 0), "size.multiple"))
    if area < 1 or multiple < 0:
        raise BadAnswer(reason="size: area and multiple must be more than 0")
    if not {"width", "height"} <= ranges.keys():
        raise BadAnswer(reason="size: inputs.width and inputs.height are missing")
    return _area_rule(area, multiple, ranges)


def _parse_pair(value: object) -> tuple[int, int]:
    match [int(as_number(each, "size.sizes")) for each in as_list(value, "size.sizes")]:
        case [width, height] if width > 0 and height > 0:
            return width, height
        case _:
            raise BadAnswer(reason="size.sizes: each is [width, height]")


def _flag(manifest: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = manifest.get(key, default)
    if not isinstance(value, bool):
        raise BadAnswer(reason=f"{key} is not true or false")
    return value


def _last_picture(source: _RuleSource) -> LastPicture | None:
    targets = source.inputs.get("last_image", ())
    if not targets:
        return None
    found = [find_last_picture(source.nodes, source.classes, each.node, source.output) for each in targets]
    return LastPicture(
        needed=any(each.needed for each in found),
        nodes=frozenset[str]().union(*(each.nodes for each in found)),
        links=frozenset[NodeInput]().union(*(each.links for each in found)),
    )
