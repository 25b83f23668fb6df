"""Ask a server whether it would take the graphs of `/animate`, without running one.

A graph is sent with one required value of each of its output nodes left out: ComfyUI checks all of it, names
all faults and queues nothing. The one fault that is there on purpose is not counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.graphs.nodes import NodeInput, Nodes, TemplateNode
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.object_info import InputSpec, NodeClasses
from comfy.protocol.responses import Running
from comfy.workflows.graph import Graph, build_graph
from comfy.workflows.workflow import Workflow

Pair = tuple[str, str]
"""A workflow and one of its presets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleJob:
    """The values of a job as a plain request with this preset gives them, or why that is refused."""

    preset: str
    values: Mapping[str, object]
    refusal: str = ""


Samples = Mapping[str, Sequence[SampleJob]]
"""By the name of the workflow."""


async def find_refusals(
    endpoints: Endpoints,
    workflows: Mapping[str, Workflow],
    samples: Samples,
    node_classes: NodeClasses,
    image: str,
) -> Mapping[Pair, str]:
    """Why jobs would fail at once, by workflow and preset: these are adapted to the server and lack nothing.

    `image`: the uploaded picture. Raises ComfyError.
    """
    tried = {
        (name, sample.preset): await _try(endpoints, workflow, sample, node_classes, image)
        for name, workflow in workflows.items()
        for sample in samples.get(name, ())
    }
    return {pair: reason for pair, reason in tried.items() if reason}


async def _try(
    endpoints: Endpoints, workflow: Workflow, sample: SampleJob, node_classes: NodeClasses, image: str
) -> str:
    if sample.refusal:
        return sample.refusal
    try:
        last_image = image if "last_image" in workflow.inputs else None
        graph = build_graph(workflow, sample.values, image, preset=sample.preset, last_image=last_image)
        return await _ask(endpoints, graph, node_classes)
    except (WorkflowInvalid, BadAnswer) as err:
        return str(err)


async def _ask(endpoints: Endpoints, graph: Graph, node_classes: NodeClasses) -> str:
    """The first fault of the graph, "" where it has none or cannot be asked for."""
    left_out = _removable_inputs(graph.nodes, node_classes)
    if left_out is None:
        return ""
    prompt_id = str(uuid4())
    nodes = {
        name: _without(node, {each.input for each in left_out if each.node == name})
        for name, node in graph.nodes.items()
    }
    faults = await endpoints.find_faults(prompt_id, replace(graph, nodes=nodes).as_json())
    if faults is None:
        await _take_back(endpoints, prompt_id)
        return ""
    own = {(each.node, each.input) for each in left_out}
    return next((str(fault) for fault in faults if (fault.node, fault.field) not in own), "")


def _removable_inputs(nodes: Nodes, node_classes: NodeClasses) -> Sequence[NodeInput] | None:
    """For each output node a required input that has a value; None where one has none: it would run."""
    found = [
        NodeInput(node=name, input=_removable(node, node_classes))
        for name, node in nodes.items()
        if node_classes[node.class_type].output
    ]
    return found if found and all(each.input for each in found) else None


def _removable(node: TemplateNode, node_classes: NodeClasses) -> str:
    specs = node_classes[node.class_type].inputs
    return next(
        (
            name
            for name, value in node.inputs.items()
            if _is_required(specs.get(name)) and not isinstance(value, list)
        ),
        "",
    )


def _is_required(spec: InputSpec | None) -> bool:
    """Whether it must be given, and is no dropdown that brings further inputs, which would be missing too."""
    return spec is not None and spec.required and not spec.brings


def _without(node: TemplateNode, inputs: set[str]) -> TemplateNode:
    kept = {name: value for name, value in node.inputs.items() if name not in inputs}
    return replace(node, inputs=kept)


async def _take_back(endpoints: Endpoints, prompt_id: str) -> None:
    """A server that queues what lacks a required value: nothing is to run."""
    await endpoints.delete_waiting(prompt_id)
    if isinstance((await endpoints.queue()).find(prompt_id), Running):
        await endpoints.interrupt(prompt_id)
    await endpoints.erase(prompt_id)
