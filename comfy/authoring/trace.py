"""Find what the inputs of a graph are, from its samplers, the types of its nodes and the titles. Pure."""

from collections.abc import Mapping

from comfy.authoring.clip_inputs import find_clip_inputs
from comfy.authoring.picture_inputs import PictureLoaders, find_loaders, find_open_socket, sort_pictures
from comfy.authoring.prompt_inputs import Polarity, find_prompts
from comfy.authoring.sampling_inputs import find_samplers, find_sampling_inputs, first_targets, split_ratio
from comfy.authoring.source_graph import SourceGraph
from comfy.authoring.titled_inputs import find_titled_inputs
from comfy.authoring.traced import Found, Question, Traced
from comfy.authoring.traced_presets import find_presets
from comfy.errors import BadAnswer
from comfy.graphs.ancestors import find_output
from comfy.graphs.literals import read_literal
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, is_link
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.object_info import NodeClasses

NAMES = (
    *(
        "image",
        "last_image",
        "prompt",
        "negative_prompt",
        "seed",
        "steps",
        "split",
        "cfg",
        "shift",
        "denoise",
    ),
    *("width", "height", "frames", "seconds", "fps", "prefix"),
)
"""The inputs there are, in the order in which they are shown."""
NO_CLASSES: NodeClasses = {}


def trace_inputs(
    graph: SourceGraph, node_classes: NodeClasses = NO_CLASSES, output: str | None = None
) -> Traced:
    """Find the output of a graph and the place of each value that a job fills in.

    `node_classes`: what a server says of its classes; of others the recorded ones count. `output`: the node
    that saves the clip, where that is known. Raises BadAnswer where no node saves one, and where a title
    names an input that there is not.
    """
    nodes = graph.nodes
    classes = {**recorded_classes({node.class_type for node in nodes.values()}), **node_classes}
    output = output or find_output(nodes, classes)
    if output is None:
        raise BadAnswer(reason="no node saves a clip; add a VHS_VideoCombine or SaveVideo")
    if not any(is_link(value) for value in nodes[output].inputs.values()):
        class_type = nodes[output].class_type
        raise BadAnswer(reason=f"node {output} ({class_type}): the file lacks the link to what it saves")
    samplers = find_samplers(nodes, output)
    loaders = find_loaders(nodes, output, classes)
    pictures = sort_pictures(nodes, output, loaders, graph.titles, classes)
    clip = find_clip_inputs(nodes, output, tuple(each.node for each in loaders), classes)
    sampling = find_sampling_inputs(nodes, samplers)
    texts = find_prompts(nodes, samplers, classes)
    titled = find_titled_inputs(nodes, graph.titles, NAMES)
    found = {**_pictures(nodes, output, pictures, classes), **_texts(nodes, texts), **sampling, **clip.found}
    found |= {
        name: Found(places=places, how=f"title @{name}", value=_value(nodes, places[0]))
        for name, places in titled.items()
    }
    questions = (*_picture_questions(pictures, titled), *_text_questions(nodes, texts, titled))
    return Traced(
        output=output,
        found={name: found[name] for name in NAMES if name in found},
        questions=questions,
        presets=find_presets(nodes, output, first_targets(nodes, samplers), graph.titles),
        rules=_rules(nodes, found, clip.size),
        notes=graph.notes,
        crf=_find_crf(nodes, output),
    )


def _value(nodes: Nodes, place: NodeInput) -> object:
    return read_literal(nodes, place)


def _pictures(
    nodes: Nodes, output: str, loaders: PictureLoaders, classes: NodeClasses
) -> Mapping[str, Found]:
    first, last = loaders.first or loaders.open[:1], loaders.last
    found = dict[str, Found]()
    if first:
        found["image"] = Found(places=first, how="the picture that is loaded", value=_value(nodes, first[0]))
    elif last:
        found["image"] = Found(places=last, how="the only picture", value=_value(nodes, last[0]))
        last = ()
    elif socket := find_open_socket(nodes, output, classes):
        how = f"an input of node {socket.node} that nothing is linked to"
        found["image"] = Found(places=(socket,), how=how)
    if last:
        found["last_image"] = Found(places=last, how="the last picture", value=_value(nodes, last[0]))
    return found


def _texts(nodes: Nodes, texts: Mapping[Polarity, NodeInputs]) -> Mapping[str, Found]:
    names = {Polarity.POSITIVE: "prompt", Polarity.NEGATIVE: "negative_prompt"}
    return {
        names[polarity]: Found(
            places=_same_text(nodes, places),
            how=f"{polarity} text of the samplers",
            value=_value(nodes, places[0]),
        )
        for polarity, places in texts.items()
        if places
    }


def _same_text(nodes: Nodes, places: NodeInputs) -> NodeInputs:
    """The first place, and the others that hold the same text."""
    first = nodes[places[0].node].inputs[places[0].input] if places else None
    return tuple(each for each in places if nodes[each.node].inputs[each.input] == first)


def _picture_questions(pictures: PictureLoaders, titled: Mapping[str, NodeInputs]) -> tuple[Question, ...]:
    if pictures.first or len(pictures.open) < 2 or "image" in titled:
        return ()
    return (Question(name="image", candidates=pictures.open, default=pictures.open[0]),)


def _text_questions(
    nodes: Nodes, texts: Mapping[Polarity, NodeInputs], titled: Mapping[str, NodeInputs]
) -> tuple[Question, ...]:
    names = {Polarity.POSITIVE: "prompt", Polarity.NEGATIVE: "negative_prompt"}
    return tuple(
        Question(name=names[polarity], candidates=places, default=places[0])
        for polarity, places in texts.items()
        if len(_same_text(nodes, places)) < len(places) and names[polarity] not in titled
    )


def _rules(nodes: Nodes, found: Mapping[str, Found], size: Mapping[str, int]) -> Mapping[str, object]:
    """What the manifest must say beyond the places."""
    rules = dict[str, object]()
    ratio = split_ratio(nodes, found)
    if ratio and ratio != 0.5:
        rules["derived"] = {"split": f"round(steps * {round(ratio, 4):g})"}
    if size:
        rules["size"] = size
    return rules


def _find_crf(nodes: Nodes, output: str) -> NodeInput | None:
    is_there = isinstance(nodes[output].inputs.get("crf"), int)
    return NodeInput(node=output, input="crf") if is_there else None
