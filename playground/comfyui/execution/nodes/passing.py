"""What a node gives that has no behaviour of its own: for each output the input that fits it best."""

from collections import Counter
from collections.abc import Mapping, Sequence

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.primitives import PRIMITIVES, primitive

_ANY = ("*", "COMFY_MATCHTYPE_V3")
_TEXTS = ("text", "prompt", "positive_prompt")


async def pass_on(node_run: NodeRun) -> NodeResult:
    """Give each output the input of the same type; several of one type in their order."""
    return pass_on_with(node_run, {})


def pass_on_with(node_run: NodeRun, made: Mapping[str, object], numbers: Sequence[int] = ()) -> NodeResult:
    """The same with values of some types that the node made; `numbers` are what it gives as INT first."""
    seen: Counter[str] = Counter()
    values: list[object] = []
    for kind in node_run.output_types:
        index = seen[kind]
        if kind in made:
            values.append(made[kind])
        elif kind == "INT" and index < len(numbers):
            values.append(numbers[index])
        else:
            values.append(_fit(node_run, kind, index))
        seen[kind] += 1
    return NodeResult(values=tuple(values))


def prompt_of(node_run: NodeRun) -> str:
    """The text that a node works on: its own, or the one that its conditioning stands for."""
    own = [str(node_run.inputs[name]) for name in _TEXTS if isinstance(node_run.inputs.get(name), str)]
    kinds = ("CONDITIONING", "GUIDER", "WANVIDEOTEXTEMBEDS")
    linked = [node_run.inputs.get(spec.name) for spec in node_run.declared if spec.type_name in kinds]
    return next((str(text) for text in (*own, *linked) if isinstance(text, str)), "")


def _fit(node_run: NodeRun, kind: str, index: int) -> object:
    if kind in PRIMITIVES:
        return primitive(node_run, kind, index)
    if kind in ("CONDITIONING", "GUIDER") and not _values(node_run, (kind,)):
        return prompt_of(node_run)
    fitting = _values(node_run, (kind,)) or _values(node_run, _ANY)
    if kind in _ANY and not fitting:
        fitting = list(node_run.inputs.values())
    return fitting[min(index, len(fitting) - 1)] if fitting else node_run.node.kind


def _values(node_run: NodeRun, kinds: tuple[str, ...]) -> list[object]:
    names = (spec.name for spec in node_run.declared if spec.type_name in kinds)
    values = (node_run.inputs.get(name) for name in names)
    return [value for value in values if value is not None]
