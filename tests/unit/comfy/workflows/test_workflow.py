"""Ranges, and the node classes that workflows use."""

from collections.abc import Mapping

from comfy import Workflow
from comfy.workflows.workflow import Range, used_classes


def test_a_range_has_ends_and_steps():
    frames = Range(least=1, most=81, step=4)

    assert [number for number in range(-4, 90) if number in frames] == list(range(1, 82, 4))
    assert 0.55 in Range(least=0.1, most=1)


def test_a_range_is_shown_with_its_steps():
    assert str(Range(least=1, most=81, step=4)) == "1 … 81 in steps of 4"
    assert str(Range(least=1, most=12)) == "1 … 12"


def test_each_node_class_is_used_once(wan: Workflow, workflows: Mapping[str, Workflow]):
    assert used_classes([wan, wan]) == {node.class_type for node in wan.nodes.values()}
    assert {"LoadImage", "SaveVideo"} <= used_classes(workflows.values())
