"""What would make every job of a workflow fail, found before one is sent. Pure."""

from collections.abc import Iterator

from comfy.authoring.picture_inputs import find_loaders
from comfy.errors import BadAnswer
from comfy.graphs.ancestors import ancestors
from comfy.graphs.nodes import NodeInput, Nodes
from comfy.graphs.ranges import Range
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.workflow import MAX_RATIO, PICTURES, SETTINGS, TEXTS, Workflow, seeds_of

SAVES_PICTURES = frozenset({"SaveImage", "PreviewImage"})
CONDITIONING_TYPES = ("CONDITIONING", "TEXTEMBEDS")
PROMPT_INPUTS = ("text", "prompt", "positive_prompt")
ANY_SIDE = Range(least=16, most=16384)  # pixels
# Of classes that load another file of the server: how their names begin, the inputs that name it, what it is.
FILE_LOADERS = (
    (("LoadAudio", "VHS_LoadAudio"), ("audio", "audio_file"), "sound"),
    (("LoadVideo", "VHS_LoadVideo"), ("file", "video"), "clip"),
)


def check_workflow(workflow: Workflow, node_classes: NodeClasses, *, wordless: bool = False) -> None:
    """Raise BadAnswer for the first fault: where it is, and what mends it.

    `wordless`: its manifest says that no words are to count.
    """
    for fault in (
        *_output_faults(workflow, node_classes),
        *_picture_faults(workflow, node_classes),
        *_file_faults(workflow),
        *(() if wordless else _prompt_faults(workflow, node_classes)),
        *_range_faults(workflow),
        *_size_faults(workflow),
        *_preset_faults(workflow),
        *_derived_faults(workflow),
    ):
        raise BadAnswer(reason=fault)


def _output_faults(workflow: Workflow, node_classes: NodeClasses) -> Iterator[str]:
    class_type = workflow.nodes[workflow.output].class_type
    known = node_classes.get(class_type)
    if class_type in SAVES_PICTURES or (known and not (known.output and "filename_prefix" in known.inputs)):
        yield (
            f"output: node {workflow.output} ({class_type}) saves no clip; name the node that does, such as "
            "a VHS_VideoCombine or SaveVideo"
        )


def _picture_faults(workflow: Workflow, node_classes: NodeClasses) -> Iterator[str]:
    if not workflow.inputs.get("image"):
        yield 'inputs: image is missing; name the place of the picture, such as image = ["12.image"]'
    filled = {each for name in PICTURES for each in workflow.inputs.get(name, ())} | _set_by_people(workflow)
    for loader in find_loaders(workflow.nodes, workflow.output, node_classes):
        if loader not in filled:
            class_type = workflow.nodes[loader.node].class_type
            yield (
                f"node {loader.node} ({class_type}) loads a picture that nobody gives: name {loader.node}."
                f"{loader.input} under inputs.image or inputs.last_image, or take the node out of the graph"
            )


def _file_faults(workflow: Workflow) -> Iterator[str]:
    chosen = _set_by_people(workflow)
    for name in ancestors(workflow.nodes, workflow.output):
        node = workflow.nodes[name]
        for classes, keys, what in FILE_LOADERS:
            places = [
                NodeInput(node=name, input=key) for key in keys if isinstance(node.inputs.get(key), str)
            ]
            if node.class_type.startswith(classes) and places and not chosen.intersection(places):
                yield (
                    f"node {name} ({node.class_type}) loads a {what} that nobody gives: take the node out of "
                    f'the graph, or name a file of the server: presets.default.set = {{ "{places[0]}" = … }}'
                )


def _set_by_people(workflow: Workflow) -> set[NodeInput]:
    options = [option for choice in workflow.choices.values() for option in choice.options.values()]
    return {target for each in (*options, *workflow.presets.values()) for target in each.sets}


def _prompt_faults(workflow: Workflow, node_classes: NodeClasses) -> Iterator[str]:
    if "prompt" in workflow.inputs:
        return
    filled = {each for name in TEXTS for each in workflow.inputs.get(name, ())}
    for place in prompt_places(workflow.nodes, workflow.output, node_classes):
        if place not in filled:
            yield (
                f"inputs: prompt is missing, and the graph has a text at {place.node}.{place.input}; name it "
                "there, or write prompt = [] where no words are to count"
            )


def prompt_places(nodes: Nodes, output: str, node_classes: NodeClasses) -> Iterator[NodeInput]:
    """The texts of the graph that conditioning is made from."""
    for name in ancestors(nodes, output):
        known = node_classes.get(nodes[name].class_type)
        if known and any(each.endswith(CONDITIONING_TYPES) for each in known.outputs):
            for key in PROMPT_INPUTS:
                if isinstance(nodes[name].inputs.get(key), str):
                    yield NodeInput(node=name, input=key)


def _range_faults(workflow: Workflow) -> Iterator[str]:
    ranges, frames = workflow.rules.ranges, workflow.rules.frames
    for name, allowed in ranges.items():
        if allowed.least > allowed.most:
            yield f"ranges.{name}: least {allowed.least:g} is more than most {allowed.most:g}"
    if frames is not None and frames < 1:
        yield f"frames: {frames} is less than 1"
    if "frames" in ranges and ranges["frames"].least < 1:
        yield f"ranges.frames: least {ranges['frames'].least:g} is less than 1"
    if "seed" in ranges and len(seeds_of(workflow)) < 2:
        yield f"ranges.seed: {ranges['seed']} leaves no other seed for another clip"


def _size_faults(workflow: Workflow) -> Iterator[str]:
    rule, ranges = workflow.rules.size, workflow.rules.ranges
    if rule is None:
        return
    if not rule.sizes and rule.round(rule.least) < rule.least:
        yield f"size: no multiple of {rule.multiple} is within {rule.least} … {rule.most}"
    for width, height in rule.sizes or [rule.fit(ratio) for ratio in (1 / MAX_RATIO, 1, MAX_RATIO)]:
        for name, side in (("width", width), ("height", height)):
            allowed = ranges[name] if name in workflow.inputs else ANY_SIDE
            if side not in allowed:
                yield f"size: {width}×{height} is not within what the nodes take, {allowed}"


def _preset_faults(workflow: Workflow) -> Iterator[str]:
    for preset in workflow.presets:
        for name in SETTINGS:
            if name not in workflow.inputs:
                continue
            value, allowed = workflow.default(preset, name), workflow.rules.ranges[name]
            place = workflow.inputs[name][0]
            if value is None:
                yield (
                    f"presets.{preset}: it has no {name}, and the graph holds no number at "
                    f"{place.node}.{place.input}"
                )
            elif isinstance(value, str) or value not in allowed:
                yield f"presets.{preset}.{name}: {value} is not within ranges.{name}, {allowed}"


def _derived_faults(workflow: Workflow) -> Iterator[str]:
    for name, expression in workflow.derived.items():
        if name not in workflow.inputs:
            yield f"derived.{name}: inputs.{name} is missing; name the inputs that it fills"
        for other in sorted(expression.names - workflow.inputs.keys()):
            yield f"derived.{name}: {other} is no number of this workflow; name its place under inputs"
