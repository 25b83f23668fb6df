"""Where the nodes of a page stand, and how an instance's inputs are found."""

from collections.abc import Sequence

import pytest

from comfy.authoring.page.page_format import parse_page
from comfy.authoring.page.placement import host_input, place
from tests.unit.comfy.authoring.page_files import node, page, socket, subgraph


def test_nodes_have_the_names_of_the_instances_that_lead_to_them():
    deep = subgraph("deep", node(3, "A"))
    outer = subgraph("outer", node(2, "deep"), node(4, "B"))
    scope = place(parse_page(page(node(1, "outer"), node(5, "C"), subgraphs=[deep, outer])))

    assert [inner.name_of(each) for inner, each in scope.walk()] == ["1:2:3", "1:4", "5"]


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([("image", "IMAGE"), ("steps", "INT")], [1, None, 0]),  # one with a widget may be left out
        ([("steps", "INT"), ("mask", "MASK"), ("image", "IMAGE")], [0, 1, 2]),  # in another order
        ([("image", "MASK")], [None, None, 0]),  # by its name alone, where the type has changed
    ],
)
def test_an_instances_inputs_are_found_by_name_and_type(
    listed: Sequence[tuple[str, str]], found: Sequence[int | None]
):
    inner = subgraph("inner", inputs=[("steps", "INT"), ("mask", "MASK"), ("image", "IMAGE")])
    instance = node(1, "inner", inputs=[socket(*each) for each in listed])
    scope = place(parse_page(page(instance, subgraphs=[inner]))).instances["1"]

    assert [host_input(scope, slot) for slot in range(3)] == found
