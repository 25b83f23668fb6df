"""A manifest can change nodes of its graph, without a second graph."""

import json

import pytest

from comfy import WorkflowInvalid
from comfy.graphs.nodes import TemplateNode
from tests.unit.comfy.workflows.published import parse_workflow

TEMPLATE = json.dumps(
    {
        "1": {"class_type": "LoadImage", "inputs": {"image": "IMAGE"}},
        "2": {"class_type": "KSampler", "inputs": {"seed": 0, "steps": 20, "image": ["1", 0]}},
        "3": {"class_type": "Odd", "inputs": {"images": ["2", 0]}},
    }
)
MANIFEST = 'output = "3"\ninputs.image = ["1.image"]\n'


def nodes_with(edits: str) -> dict[str, TemplateNode]:
    return dict(parse_workflow("mine", template=TEMPLATE, manifest=MANIFEST + edits).nodes)


def test_inputs_are_changed_and_added_and_the_others_stay() -> None:
    nodes = nodes_with("nodes.2.inputs = { steps = 4, cfg = 1.5 }")
    assert nodes["2"].inputs == {"seed": 0, "steps": 4, "image": ["1", 0], "cfg": 1.5}


def test_a_node_with_a_class_is_a_new_one_or_takes_the_place_of_one() -> None:
    nodes = nodes_with(
        'nodes.3 = { class_type = "Even", inputs = { images = ["9", 0] } }\n'
        'nodes.9 = { class_type = "Scale", inputs = { image = ["2", 0] } }'
    )
    assert nodes["3"] == TemplateNode(class_type="Even", inputs={"images": ["9", 0]})
    assert nodes["9"].class_type == "Scale"


@pytest.mark.parametrize(
    ("edits", "fault"),
    [
        ("nodes.7.inputs.steps = 4", "nodes.7: the template has no such node; a new one needs a class_type"),
        ('nodes.2.inputs.image = ["7", 0]', "nodes.2: there is no node 7 to link it to"),
        ("nodes.2.class = 1", "nodes.2: class is not known"),
        ("nodes.2 = 1", "nodes.2"),
    ],
)
def test_what_is_wrong_is_said_with_its_node(edits: str, fault: str) -> None:
    with pytest.raises(WorkflowInvalid, match=fault):
        nodes_with(edits)
