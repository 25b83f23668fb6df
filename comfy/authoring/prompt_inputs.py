"""Find the texts behind the positive and the negative conditioning of a graph's samplers. Pure."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from comfy.authoring.places import branches_of, is_text
from comfy.graphs.nodes import NodeInput, Nodes, is_link, linked_node
from comfy.protocol.object_info import NodeClasses

CONDITIONING = ("CONDITIONING", "TEXTEMBEDS", "EMBEDS")
GUIDERS = ("guider", "sampler_inputs", "conditioning", "text_embeds", "hyvid_embeds", "embeds")
ENCODED = (
    "text",
    "prompt",
    "clip_l",
    "t5xxl",
    "text_g",
    "text_l",
    "llama",
    "bert",
    "mt5xl",
    "user_prompt",
    "caption",
)
TEXTS = ("value", "text", "prompt", "string", "string_a", "string_b", "user_prompt")
MAX_DEPTH = 30


class Polarity(StrEnum):
    """Which of the two conditionings of a sampler."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


def find_prompts(
    nodes: Nodes, samplers: tuple[str, ...], node_classes: NodeClasses
) -> Mapping[Polarity, tuple[NodeInput, ...]]:
    """The texts behind both conditionings; several of one kind where the graph puts them together."""
    search = _Search(nodes, node_classes)
    found = {each: search.texts_of(samplers, each) for each in Polarity}
    positive, negative = found[Polarity.POSITIVE], found[Polarity.NEGATIVE]
    return {
        Polarity.POSITIVE: positive,
        Polarity.NEGATIVE: tuple(each for each in negative if each not in positive),
    }


class _Search:
    def __init__(self, nodes: Nodes, node_classes: NodeClasses) -> None:
        self._nodes = nodes
        self._node_classes = node_classes

    def texts_of(self, samplers: tuple[str, ...], polarity: Polarity) -> tuple[NodeInput, ...]:
        found = dict[NodeInput, None]()
        for sampler in samplers:
            found |= dict.fromkeys(self._from_sampler(sampler, polarity, MAX_DEPTH))
        return tuple(found)

    def _from_sampler(self, name: str, polarity: Polarity, depth: int) -> Iterator[NodeInput]:
        inputs = self._nodes[name].inputs
        for key in (polarity, *GUIDERS):
            link = inputs.get(key)
            if is_link(link) and depth:
                if key == "conditioning" and polarity is Polarity.NEGATIVE:
                    continue
                yield from self._conditioning(link, polarity, depth - 1)
                return

    def _conditioning(self, link: list[object], polarity: Polarity, depth: int) -> Iterator[NodeInput]:
        """The texts behind a conditioning."""
        name = linked_node(link) or ""
        node = self._nodes.get(name)
        if node is None or not depth or "ZeroOut" in node.class_type:
            return
        inputs = node.inputs
        own = [key for key in (f"{polarity}_prompt", *ENCODED) if key in inputs]
        if own and not self._is_mixed(name, polarity):
            yield from self._texts(name, own, depth)
        elif {"positive", "negative"} & inputs.keys():
            key = self._polarity_of(name, link, polarity)
            if is_link(onward := inputs.get(key)):
                yield from self._conditioning(onward, polarity, depth - 1)
        else:
            yield from self._onward(name, polarity, depth)

    def _is_mixed(self, name: str, polarity: Polarity) -> bool:
        """Whether the node has the texts of the other conditioning only."""
        inputs = self._nodes[name].inputs
        both = {"positive_prompt", "negative_prompt"} & inputs.keys()
        return bool(both) and f"{polarity}_prompt" not in inputs

    def _texts(self, name: str, keys: list[str], depth: int) -> Iterator[NodeInput]:
        if keys[0].endswith("_prompt") and keys[0] != "user_prompt":
            keys = keys[:1]
        for key in keys:
            yield from self._text(NodeInput(node=name, input=key), depth)

    def _text(self, target: NodeInput, depth: int) -> Iterator[NodeInput]:
        """The text of an input, where a person types it."""
        value = self._nodes[target.node].inputs.get(target.input)
        if is_text(value):
            yield target
        elif is_link(value) and depth:
            yield from self._typed(linked_node(value) or "", depth - 1)

    def _typed(self, name: str, depth: int) -> Iterator[NodeInput]:
        """The texts that a node which gives a text is fed with; its own only where none is linked to it."""
        if name not in self._nodes:
            return
        inputs = self._nodes[name].inputs
        keys = branches_of(self._nodes, name) or [key for key in inputs if self._takes_text(name, key)]
        linked = [
            found for key in keys if is_link(inputs[key]) for found in self._text(_at(name, key), depth)
        ]
        yield from linked or (_at(name, key) for key in keys if is_text(inputs[key]))

    def _takes_text(self, name: str, key: str) -> bool:
        known = self._node_classes.get(self._nodes[name].class_type)
        spec = known.inputs.get(key) if known else None
        if spec and spec.kind:
            return spec.kind in ("STRING", "*") or key in TEXTS
        return key in TEXTS

    def _polarity_of(self, name: str, link: list[object], wanted: Polarity) -> Polarity:
        """Which conditioning an output gives: the first is the positive one, the second the negative one."""
        known = self._node_classes.get(self._nodes[name].class_type)
        outputs = known.outputs if known else (CONDITIONING[0], CONDITIONING[0])
        slots = [slot for slot, kind in enumerate(outputs) if kind.endswith(CONDITIONING)]
        if len(slots) < 2 or link[1] not in slots:
            return wanted
        return Polarity.NEGATIVE if slots.index(int(str(link[1]))) % 2 else Polarity.POSITIVE

    def _onward(self, name: str, polarity: Polarity, depth: int) -> Iterator[NodeInput]:
        """Behind a node that changes or joins conditionings."""
        inputs = self._nodes[name].inputs
        branches = branches_of(self._nodes, name)
        for key in branches or [key for key in inputs if self._is_conditioning(name, key)]:
            if is_link(link := inputs[key]):
                yield from self._conditioning(link, polarity, depth - 1)

    def _is_conditioning(self, name: str, key: str) -> bool:
        """Whether an input takes a conditioning: by what is linked to it, else by its name."""
        link = self._nodes[name].inputs[key]
        source = linked_node(link) or ""
        known = self._node_classes.get(self._nodes[source].class_type) if source in self._nodes else None
        if known:
            slot = int(str(link[1])) if is_link(link) else 0
            kind = known.outputs[slot] if slot < len(known.outputs) else ""
            return kind.endswith(CONDITIONING) or kind in ("GUIDER", "*")
        return "cond" in key or "embeds" in key


def _at(node: str, key: str) -> NodeInput:
    return NodeInput(node=node, input=key)
