"""Numbers, texts, math and switches: what lengths, steps and sizes run through."""

from collections.abc import Mapping

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.expressions import evaluate
from playground.comfyui.graph import parse_link, parse_list

PRIMITIVES = ("INT", "FLOAT", "BOOLEAN", "STRING")
_SWITCH = {False: "on_false", True: "on_true"}


async def compute(node_run: NodeRun) -> NodeResult:
    """ComfyMathExpression and its like: an expression of the other inputs, as each type it gives."""
    text = node_run.text("expression") or node_run.text("value")
    names = {name.removeprefix("values."): value for name, value in node_run.inputs.items()}
    numbers = {name: value for name, value in names.items() if isinstance(value, int | float)}
    result = evaluate(text, {"a": 0, "b": 0, "c": 0, "d": 0, **numbers})
    rounds = node_run.node.kind == "SimpleMath+"
    return NodeResult(values=tuple(_as(result, kind, rounds=rounds) for kind in node_run.output_types))


async def compute_operation(node_run: NodeRun) -> NodeResult:
    """Easy-Use's mathInt: two numbers and the operation's name."""
    signs = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%", "power": "**"}
    names = {name: node_run.number(name) for name in ("a", "b")}
    result = evaluate(f"a {signs[node_run.text('operation')]} b", names)
    return NodeResult(values=(int(result),))


async def switch(node_run: NodeRun) -> NodeResult:
    """ComfySwitchNode and its like: one of two inputs, chosen by a boolean."""
    name = wanted_of(node_run.inputs)
    return NodeResult(values=(node_run.inputs.get(name),) if name else (None,))


def wanted_of(inputs: Mapping[str, object]) -> str | None:
    """The input that a switch asks for; None while its boolean is not known."""
    chosen = inputs.get("switch", inputs.get("boolean"))
    return None if parse_link(chosen) or chosen is None else _SWITCH[bool(chosen)]


async def logic(node_run: NodeRun) -> NodeResult:
    """ComfyNotNode, ComfyAndNode and ComfyOrNode."""
    values = [bool(value) for value in node_run.inputs.values()]
    results = {"ComfyNotNode": not all(values), "ComfyAndNode": all(values), "ComfyOrNode": any(values)}
    return NodeResult(values=(results[node_run.node.kind],))


async def join_texts(node_run: NodeRun) -> NodeResult:
    """StringConcatenate."""
    parts = (node_run.text("string_a"), node_run.text("string_b"))
    return NodeResult(values=(node_run.text("delimiter").join(parts),))


async def list_cfg(node_run: NodeRun) -> NodeResult:
    """CreateCFGScheduleFloatList: a scale for each step, the start's outside the part named."""
    steps = max(node_run.whole("steps"), 1)
    first, last = node_run.number("cfg_scale_start"), node_run.number("cfg_scale_end")
    begin, end = int(steps * node_run.number("start_percent")), int(steps * node_run.number("end_percent"))
    scales = [1.0] * steps
    for index in range(begin, max(end, begin + 1)):
        scales[min(index, steps - 1)] = first + (last - first) * (index - begin) / max(end - begin - 1, 1)
    return NodeResult(values=(scales,))


def primitive(node_run: NodeRun, kind: str, index: int) -> object:
    """What a node without a behaviour gives at its `index`th output of this type: the input most like it."""
    if node_run.has("value"):
        return _as(node_run.inputs["value"], kind)
    declared = [spec.name for spec in node_run.declared if spec.type_name == kind]
    names = [name for name in declared if name in node_run.inputs]
    if names:
        return node_run.inputs[names[min(index, len(names) - 1)]]
    values = [value for value in node_run.inputs.values() if isinstance(value, _types(kind))]
    return _as(values[0] if values else "" if kind == "STRING" else 0, kind)


def _types(kind: str) -> type[str] | tuple[type[int], type[float]]:
    return str if kind == "STRING" else (int, float)


def _as(value: object, kind: str, *, rounds: bool = False) -> object:
    if parse_list(value):
        return parse_list(value)
    match kind:
        case "INT":
            return round(float(str(value))) if rounds else int(float(str(value)))
        case "FLOAT":
            return float(str(value))
        case "BOOLEAN":
            return bool(value)
        case "STRING":
            return str(value)
        case _:
            return value
