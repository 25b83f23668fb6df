"""Where a graph takes LoRAs: behind its model loaders, at their LoRA inputs, in flexible loaders. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from comfy.errors import BadAnswer
from comfy.graphs.ancestors import ancestors
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, is_link, linked_node
from comfy.graphs.tracing import consumers, spec_of
from comfy.protocol.object_info import NodeClasses, is_model_file

FLEXIBLE_LOADER = "Power Lora Loader (rgthree)"  # takes any number of inputs `lora_N`
MARKER = re.compile("(?<![a-z])(high|low)(?=[^a-z]|noise|$)", re.IGNORECASE)
ANY_TYPES = ("*", "COMFY_MATCHTYPE_V3")


class Expert(StrEnum):
    """Which of two models in one graph: that of the first, noisy steps, or that of the last ones."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSelector:
    """A class whose nodes add one LoRA to what their input `previous` is linked to."""

    class_type: str
    file: str
    strength: str
    previous: str


MODEL = "MODEL"
MODEL_LORA = LoraSelector(
    class_type="LoraLoaderModelOnly", file="lora_name", strength="strength_model", previous="model"
)
SELECTORS: Mapping[str, LoraSelector] = {
    MODEL: MODEL_LORA,
    **{
        kind: LoraSelector(class_type=name, file="lora", strength="strength", previous="prev_lora")
        for kind, name in (
            ("WANVIDLORA", "WanVideoLoraSelect"),
            ("COGLORA", "CogVideoLoraSelect"),
            ("FPLORA", "FramePackLoraSelect"),
        )
    },
}
"""By the type of the links that they make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraPlace:
    """One place for a chain of LoRAs.

    `inputs`: the node inputs that the chain's end is linked to; they have one source, or none. `selector`:
    the class of its nodes; None for a flexible loader, the node of the only one of `inputs`. `expert`: None
    where the graph does not say it. `settings`: further inputs of each added node.
    """

    inputs: NodeInputs
    selector: LoraSelector | None
    expert: Expert | None = None
    settings: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def lister(self) -> LoraSelector:
        """The class whose dropdown lists the files that can be used here."""
        return self.selector or MODEL_LORA


def find_lora_places(nodes: Nodes, output: str, node_classes: NodeClasses) -> tuple[LoraPlace, ...]:
    """The places of a graph: for each model that its result needs, the one that all ways lead through."""
    needed = {name: nodes[name] for name in reversed(ancestors(nodes, output)) if name in nodes}
    found = [
        *(_behind(needed, node_classes, link) for link in _roots(needed, node_classes)),
        *_sockets(needed, node_classes),
    ]
    return tuple({place.inputs: place for place in found}.values())


def lora_place_at(
    nodes: Nodes, node_classes: NodeClasses, text: str, expert: Expert | None = None
) -> LoraPlace:
    """The place that a manifest names: `NODE.INPUT`, or the name of a flexible loader. Raises BadAnswer."""
    name, _, key = (text, "", "") if text in nodes else text.rpartition(".")
    if name not in nodes:
        raise BadAnswer(reason=f"loras.at: the template has no node {name or text}")
    if nodes[name].class_type == FLEXIBLE_LOADER:
        return _flexible(name, expert)
    target = NodeInput(node=name, input=key)
    kind = _kind(nodes, node_classes, target)
    if kind not in SELECTORS or (kind == MODEL and not is_link(nodes[name].inputs.get(key))):
        raise BadAnswer(
            reason=f"loras.at: {text} takes no LoRA; name an input that is linked to a model, the input "
            f"`lora` of a model loader, or a {FLEXIBLE_LOADER}"
        )
    return _place(nodes, node_classes, kind, (target,), expert)


def read_expert(*texts: object) -> Expert | None:
    """Which expert the names of model files say: the last `high` or `low` that stands for itself."""
    found = [match[1].lower() for text in texts if is_model_file(text) for match in MARKER.finditer(text)]
    return Expert(found[-1]) if found else None


def _place(
    nodes: Nodes,
    node_classes: NodeClasses,
    kind: str,
    inputs: NodeInputs,
    expert: Expert | None,
) -> LoraPlace:
    selector = SELECTORS[kind]
    settings = _settings(nodes, node_classes, selector, inputs[0])
    return LoraPlace(inputs=inputs, selector=selector, expert=expert, settings=settings)


def _settings(
    nodes: Nodes, node_classes: NodeClasses, selector: LoraSelector, target: NodeInput
) -> Mapping[str, object]:
    """What the LoRAs there have: how they are merged counts for all of them. Else the defaults."""
    own = {selector.file, selector.strength, selector.previous}
    known = node_classes.get(selector.class_type)
    specs = {name: spec for name, spec in known.inputs.items() if name not in own} if known else {}
    defaults = {name: spec.default for name, spec in specs.items() if spec.required}
    source = nodes.get(linked_node(nodes[target.node].inputs.get(target.input)) or "")
    there: Mapping[str, object] = source.inputs if source and selector is not MODEL_LORA else {}
    return defaults | {name: there[name] for name in specs if name in there and not is_link(there[name])}


def _flexible(name: str, expert: Expert | None) -> LoraPlace:
    return LoraPlace(inputs=(NodeInput(node=name, input="lora_1"),), selector=None, expert=expert)


def _behind(nodes: Nodes, node_classes: NodeClasses, link: tuple[str, int]) -> LoraPlace:
    """The place for a model that is loaded there: the flexible loader that it must pass, else behind it."""
    targets = _linked_to(nodes, link)
    expert = read_expert(*nodes[link[0]].inputs.values())
    passed = _flexible_loaders(nodes, node_classes, targets)
    if passed is not None and len(passed) == 1:
        return _flexible(passed.pop(), expert)
    return _place(nodes, node_classes, MODEL, targets, expert)


def _roots(nodes: Nodes, node_classes: NodeClasses) -> Iterator[tuple[str, int]]:
    """Where each model comes from: the outputs of type MODEL of nodes that get no model."""
    for name, node in nodes.items():
        known = node_classes.get(node.class_type)
        outputs = known.outputs if known else ()
        gets_model = any(
            _kind(nodes, node_classes, NodeInput(node=name, input=key)) == MODEL
            for key, value in node.inputs.items()
            if is_link(value)
        )
        for slot, kind in enumerate(outputs):
            if kind == MODEL and not gets_model and _linked_to(nodes, (name, slot)):
                yield name, slot


def _linked_to(nodes: Nodes, link: tuple[str, int]) -> NodeInputs:
    return tuple(
        target for target in consumers(nodes, link[0]) if nodes[target.node].inputs[target.input] == [*link]
    )


def _flexible_loaders(nodes: Nodes, node_classes: NodeClasses, targets: NodeInputs) -> set[str] | None:
    """The flexible loaders that a model passes; None where a way leads past them."""
    found, waiting, seen = set[str](), [each.node for each in targets], set[str]()
    while waiting:
        name = waiting.pop()
        if nodes[name].class_type == FLEXIBLE_LOADER:
            found.add(name)
        elif name not in seen:
            seen.add(name)
            known = node_classes.get(nodes[name].class_type)
            if known is None or not any(kind in (MODEL, *ANY_TYPES) for kind in known.outputs):
                return None
            waiting += [each.node for each in consumers(nodes, name)]
    return found


def _sockets(nodes: Nodes, node_classes: NodeClasses) -> Iterator[LoraPlace]:
    """The inputs for LoRAs of each model: of several on its way the last that has some, else the first."""
    by_model: dict[str, list[tuple[str, NodeInput]]] = {}
    for name, node in nodes.items():
        known = node_classes.get(node.class_type)
        for key, spec in known.inputs.items() if known else ():
            if known and spec.kind in SELECTORS and spec.kind not in (MODEL, *known.outputs):
                target = NodeInput(node=name, input=key)
                by_model.setdefault(_source(nodes, node_classes, name), []).append((spec.kind, target))
    for model, found in by_model.items():
        in_use = [each for each in found if is_link(nodes[each[1].node].inputs.get(each[1].input))]
        kind, target = in_use[-1] if in_use else found[0]
        yield _place(nodes, node_classes, kind, (target,), read_expert(*nodes[model].inputs.values()))


def _source(nodes: Nodes, node_classes: NodeClasses, name: str) -> str:
    """The node that loads the model that this one changes, or this one."""
    seen = set[str]()
    while name not in seen:
        seen.add(name)
        known = node_classes.get(nodes[name].class_type)
        for key, value in nodes[name].inputs.items():
            source = linked_node(value)
            kind = _kind(nodes, node_classes, NodeInput(node=name, input=key))
            if source and source in nodes and known and kind in known.outputs:
                name = source
                break
    return name


def _kind(nodes: Nodes, node_classes: NodeClasses, target: NodeInput) -> str:
    """The type of an input: as its class says, where that takes any as what it is linked to says."""
    said = spec_of(nodes, node_classes, target).kind
    link = nodes[target.node].inputs.get(target.input)
    source = nodes.get(linked_node(link) or "")
    known = node_classes.get(source.class_type) if source else None
    if (said and said not in ANY_TYPES) or known is None or not is_link(link):
        return said
    return known.outputs[slot] if isinstance(slot := link[1], int) and slot < len(known.outputs) else said
