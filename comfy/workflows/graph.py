"""Build a graph: a workflow with a job's values filled in. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from comfy.errors import WorkflowInvalid
from comfy.workflows.workflow import TEXTS, VALUES, WHOLE_NUMBERS, NodeInput, Nodes, Stage, Workflow

NO_CHOICES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph to submit, and what is needed to interpret the messages about it.

    `workflow`: the name of the template; `sampler_steps`: how many steps each sampler takes; `output`: the
    node whose files are the result; `crf`: its input that makes them coarser and smaller.
    """

    workflow: str
    nodes: Nodes
    stages: Mapping[str, Stage]
    sampler_steps: Mapping[str, int]
    output: str
    crf: NodeInput | None = None

    def as_json(self) -> Mapping[str, object]:
        """ComfyUI's API format."""
        return {
            name: {"class_type": node.class_type, "inputs": node.inputs} for name, node in self.nodes.items()
        }


def build_graph(
    workflow: Workflow, values: Mapping[str, object], image: str, choices: Mapping[str, str] = NO_CHOICES
) -> Graph:
    """Fill the template with a job's values and its picture (as LoadImage refers to it).

    Values are named as in `VALUES`; those the workflow has an input for must be given, others are ignored.
    `choices`: the options chosen, by the name of the choice. Raises WorkflowInvalid for an unknown or missing
    name, a wrong type, a number out of its range, an option that is not offered.
    """
    for name in sorted(workflow.inputs.keys() - values.keys() - {"image"}):
        raise WorkflowInvalid(workflow=workflow.name, reason=f"{name} is missing")
    for name, value in values.items():
        if problem := _find_problem(workflow, name, value):
            raise WorkflowInvalid(workflow=workflow.name, reason=f"{name} {problem}")
    given = {**values, "image": image}
    filled = [(target, given[name]) for name, targets in workflow.inputs.items() for target in targets]
    nodes = fill(workflow.nodes, [*filled, *_chosen_inputs(workflow, choices)])
    return Graph(
        workflow=workflow.name,
        nodes=nodes,
        stages=workflow.stages,
        sampler_steps=_count_sampler_steps(nodes, workflow.stages),
        output=workflow.output,
        crf=workflow.crf,
    )


def _chosen_inputs(workflow: Workflow, choices: Mapping[str, str]) -> Iterator[tuple[NodeInput, object]]:
    for name, value in choices.items():
        choice = workflow.choices.get(name)
        if choice is None or value not in choice.options:
            raise WorkflowInvalid(workflow=workflow.name, reason=f"{name}: {value} is not offered")
        yield from choice.options[value].sets.items()


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
    allowed = workflow.ranges.get(name)
    return "" if allowed is None or value in allowed else f"is not one of {allowed}"


def _count_sampler_steps(nodes: Nodes, stages: Mapping[str, Stage]) -> Mapping[str, int]:
    counted = {
        name: _sampler_steps_of(node.inputs)
        for name, node in nodes.items()
        if stages.get(name) == Stage.SAMPLING
    }
    return {name: steps for name, steps in counted.items() if steps}


def _sampler_steps_of(inputs: Mapping[str, object]) -> int:
    steps, strength = inputs.get("steps"), inputs.get("denoise_strength", 1)
    if not isinstance(steps, int) or not isinstance(strength, int | float):
        return 0
    # From the source of WanVideoSampler: below 1 it leaves out the first steps of its schedule.
    return steps if strength >= 1 else int(steps * strength) + 1
