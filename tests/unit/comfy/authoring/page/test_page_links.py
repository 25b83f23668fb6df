"""Which input a bypassed node passes on, and what a link stands for."""

import pytest

from comfy.authoring.page.page_format import PageInput, PageNode
from comfy.authoring.page.page_links import bypass_input
from tests.unit.comfy.authoring.page_files import inputs_of, node, page, read, socket, widget


def bypassed(inputs: list[str], outputs: list[str]) -> PageNode:
    slots = tuple(PageInput(name=f"i{number}", kind=kind) for number, kind in enumerate(inputs))
    return PageNode(name="1", kind="X", mode=4, inputs=slots, outputs=tuple(outputs), properties={})


@pytest.mark.parametrize(
    ("inputs", "outputs", "slot", "kind", "passed"),
    [
        (["MODEL", "CLIP"], ["MODEL", "CLIP"], 1, "CLIP", 1),  # the input at the same place
        (["CLIP", "MODEL"], ["MODEL"], 0, "MODEL", 1),  # the first of the same type
        (["MASK", "IMAGE", "IMAGE"], ["IMAGE"], 0, "IMAGE", 1),
        (["IMAGE,MASK", "LATENT"], ["LATENT", "MASK"], 1, "MASK", 0),  # one of several types
        (["*"], ["IMAGE"], 0, "IMAGE", 0),
        (["IMAGE", "MASK"], ["*", "*"], 1, "*", 1),  # whatever is wanted: the same place
        (["IMAGE"], ["*", "*"], 1, "*", 0),  # … or the first
        (["CLIP"], ["CONDITIONING"], 0, "CONDITIONING", None),
        ([], ["IMAGE"], 0, "IMAGE", None),
    ],
)
def test_a_bypassed_node_passes_on_an_input_of_its_outputs_type(
    inputs: list[str], outputs: list[str], slot: int, kind: str, passed: int | None
):
    assert bypass_input(bypassed(inputs, outputs), slot, kind) == passed


def test_a_bypassed_node_without_such_an_input_leaves_the_widgets_value():
    source = node(1, "PrimitiveInt", 5, "fixed", outputs=["INT"], mode=4)
    target = node(
        2, "ImageScaleBy", "area", 0.5, inputs=[socket("image", "IMAGE"), widget("scale_by", "FLOAT", 10)]
    )

    assert inputs_of(page(source, target, links=[(10, 1, 0, 2, 1, "FLOAT")]), "2")["scale_by"] == 0.5


def test_links_that_lead_to_nothing_are_said():
    target = node(2, "PreviewImage", inputs=[socket("images", "IMAGE", 10)])

    assert read(page(target)).notes == ('node 2: the file lacks the link to its input "images"',)
    assert read(page(target, links=[(10, 7, 0, 2, 0, "IMAGE")])).notes == (
        "node 2: the file lacks node 7, its source",
    )
