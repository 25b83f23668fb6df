"""Workflows whose clips can end on a given picture, for tests."""

from dataclasses import replace

import comfy
from comfy.graphs.nodes import NodeInput, TemplateNode
from comfy.graphs.tracing import LastPicture

LOADER = "ending"  # the node that loads the last picture


def with_last_picture(workflow: comfy.Workflow, *, needed: bool = False) -> comfy.Workflow:
    """The workflow with a place for a last picture; without one its loader is left out, unless `needed`."""
    loader = TemplateNode(class_type="LoadImage", inputs={"image": ""})
    output = workflow.nodes[workflow.output]
    output = replace(output, inputs={**output.inputs, "end": [LOADER, 0]})
    last = LastPicture(
        needed=needed,
        nodes=frozenset({LOADER}),
        links=frozenset({NodeInput(node=workflow.output, input="end")}),
    )
    return replace(
        workflow,
        nodes={**workflow.nodes, workflow.output: output, LOADER: loader},
        inputs={**workflow.inputs, "last_image": (NodeInput(node=LOADER, input="image"),)},
        rules=replace(workflow.rules, last_picture=last),
    )
