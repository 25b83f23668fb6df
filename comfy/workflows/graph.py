"""Build a graph: a workflow with a job's values filled in. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.graphs.ancestors import only_ancestors
from comfy.graphs.expression import Expression
from comfy.graphs.literals import read_number
from comfy.graphs.nodes import NodeInput, Nodes, Stage
from comfy.graphs.sampler_steps import expect_bars
from comfy.graphs.tracing import LastPicture
from comfy.workflows.workflow import PICTURES, TEXTS, VALUES, WHOLE_NUMBERS, Workflow

NO_CHOICES: Mapping[str, str] = MappingProxyType({})
NO_LORAS: Mapping[str, float] = MappingProxyType({})
NOTHING_SET: Mapping[NodeInput, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph to submit, and what is needed to interpret the messages about it.

    `workflow`: the name of the template; `sampler_steps`: how many steps each sampler will take, 0 where only
    its progress tells; `sampler_bars`: in how many bars of progress, where that is more than one; `output`:
    the node whose files are the result; `crf`: its input that makes them coarser and smaller.
    """

    workflow: str
    nodes: Nodes
    stages: Mapping[str, Stage]
    sampler_steps: Mapping[str, int]
    output: str
    crf: NodeInput | None = None
    sampler_bars: Mapping[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> Mapping[str, object]:
        """ComfyUI's API format."""
        return {
            name: {"class_type": node.class_type, "inputs": node.inputs} for name, node in self.nodes.items()
        }


def build_graph(
    workflow: Workflow,
    values: Mapping[str, object],
    image: str,
    choices: Mapping[str, str] = NO_CHOICES,
    *,
    preset: str = "",
    last_image: str | None = None,
    loras: Mapping[str, float] = NO_LORAS,
) -> Graph:
    """Fill the template with a job's values and its pictures (as LoadImage refers to them).

    Values are named as in `VALUES`; those that the workflow has no input for are ignored, and where one is
    missing, that of the preset counts, else the template's. `choices`: the options chosen, by the name of the
    choice; `loras`: the strength of each LoRA by its name. Without a `last_image` the nodes that are there
    for it are left out; only the output and what it needs is in the graph.

    Raises WorkflowInvalid for an unknown name, a wrong type, a number out of its range, an option or a LoRA
    that is not offered, and where the workflow needs a last picture and there is none.
    """
    for name, value in values.items():
        if problem := _find_problem(workflow, name, value):
            raise WorkflowInvalid(workflow=workflow.name, reason=f"{name} {problem}")
    own = workflow.presets[preset].sets if preset in workflow.presets else NOTHING_SET
    nodes = fill(workflow.nodes, own.items())
    nodes = fill(nodes, _filled_inputs(workflow, nodes, _all_values(workflow, values, preset)))
    nodes = fill(nodes, _chosen_inputs(workflow, choices))
    nodes = _place_pictures(workflow, nodes, image, last_image)
    return graph_of(workflow, _add_loras(workflow, nodes, loras))


def graph_of(workflow: Workflow, nodes: Nodes) -> Graph:
    """The graph of a workflow's filled nodes: of them only the output and what it needs."""
    needed = only_ancestors(nodes, workflow.output)
    expected = expect_bars(needed, workflow.stages, workflow.output)
    return Graph(
        workflow=workflow.name,
        nodes=needed,
        stages=workflow.stages,
        sampler_steps={name: each.steps * each.bars for name, each in expected.items()},
        sampler_bars={name: each.bars for name, each in expected.items() if each.bars > 1},
        output=workflow.output,
        crf=workflow.crf,
    )


def _all_values(workflow: Workflow, values: Mapping[str, object], preset: str) -> Mapping[str, object]:
    """The values, with those of the preset that are missing, and the words that stand around each prompt."""
    defaults = {name: workflow.default(preset, name) for name in workflow.inputs}
    known = {name: value for name, value in defaults.items() if value is not None} | dict(values)
    if "seconds" in workflow.inputs and isinstance(seconds := known.get("seconds"), int | float):
        # A whole number of frames may last a little longer or shorter than what was asked for.
        known["seconds"] = workflow.rules.ranges["seconds"].nearest(seconds)
    if "prompt" in known:
        known["prompt"] = f"{workflow.prompt_prefix}{known['prompt']}{workflow.prompt_suffix}"
    return known


def _filled_inputs(
    workflow: Workflow, nodes: Nodes, values: Mapping[str, object]
) -> Iterator[tuple[NodeInput, object]]:
    for name, targets in workflow.inputs.items():
        if name in workflow.derived:
            value: object = _derive(workflow, nodes, workflow.derived[name], values)
        elif name in values and name not in PICTURES:
            value = values[name]
        else:
            continue
        for target in targets:
            yield target, _as_held(value, nodes[target.node].inputs.get(target.input))


def _derive(workflow: Workflow, nodes: Nodes, expression: Expression, values: Mapping[str, object]) -> float:
    held = {name: read_number(nodes, targets[0]) for name, targets in workflow.inputs.items()}
    numbers = {name: each for name, each in {**held, **values}.items() if isinstance(each, int | float)}
    try:
        return expression.evaluate(numbers)
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=workflow.name, reason=err.reason) from err


def _as_held(value: object, held: object) -> object:
    """A number as the template holds one there: whole where that is whole."""
    if not isinstance(value, float) or isinstance(held, float):
        return value
    return math.floor(value) if isinstance(held, int) or value.is_integer() else value


def _place_pictures(workflow: Workflow, nodes: Nodes, image: str, last_image: str | None) -> Nodes:
    placed = dict.fromkeys(workflow.inputs.get("image", ()), image)
    last = workflow.rules.last_picture
    if last_image is not None:
        placed |= dict.fromkeys(workflow.inputs.get("last_image", ()), last_image)
    elif last and last.needed:
        raise WorkflowInvalid(workflow=workflow.name, reason="it needs a last picture")
    elif last:
        nodes = _cut(nodes, last)
    return fill(nodes, placed.items())


def _cut(nodes: Nodes, last: LastPicture) -> Nodes:
    """The nodes without those that are there for the last picture, and without the links to them."""
    return {
        name: replace(
            node,
            inputs={
                key: value
                for key, value in node.inputs.items()
                if NodeInput(node=name, input=key) not in last.links
            },
        )
        for name, node in nodes.items()
        if name not in last.nodes
    }


def _chosen_inputs(workflow: Workflow, choices: Mapping[str, str]) -> Iterator[tuple[NodeInput, object]]:
    for name, value in choices.items():
        choice = workflow.choices.get(name)
        if choice is None or value not in choice.options:
            raise WorkflowInvalid(workflow=workflow.name, reason=f"{name}: {value} is not offered")
        yield from choice.options[value].sets.items()


def _add_loras(workflow: Workflow, nodes: Nodes, loras: Mapping[str, float]) -> Nodes:
    if not loras:
        return nodes
    if workflow.loras is None:
        raise WorkflowInvalid(workflow=workflow.name, reason="it takes no LoRAs")
    try:
        return workflow.loras.add(nodes, loras)
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=workflow.name, reason=err.reason) from err


def fill(nodes: Nodes, values: Iterable[tuple[NodeInput, object]]) -> Nodes:
    """A copy of the nodes with these node inputs set."""
    filled = dict(nodes)
    for target, value in values:
        node = filled[target.node]
        filled[target.node] = replace(node, inputs={**node.inputs, target.input: value})
    return filled


def _find_problem(workflow: Workflow, name: str, value: object) -> str:
    if name not in VALUES:
        return "is not a value that workflows know"
    if name in TEXTS:
        # A list would pass for a link to another node.
        return "" if isinstance(value, str) else "is not a text"
    if isinstance(value, bool) or not isinstance(value, int if name in WHOLE_NUMBERS else int | float):
        return "is not a whole number" if name in WHOLE_NUMBERS else "is not a number"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    allowed = workflow.rules.ranges.get(name) if name in workflow.inputs and name != "seconds" else None
    return "" if allowed is None or value in allowed else f"is not one of {allowed}"
