"""Values are found where they stand, through primitives, switches and arithmetic."""

import pytest

from comfy.graphs.literals import read_literal, read_number
from comfy.graphs.nodes import NodeInput, TemplateNode
from tests.unit.comfy.workflows.published import nodes_of


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("video_wan2_2_14B_i2v", "129:86.steps", 20),
        ("video_wan2_2_14B_i2v", "129:86.cfg", 3.5),
        ("video_wan2_2_14B_i2v", "129:85.start_at_step", 10),
        ("video_wan2_2_14B_i2v", "129:98.length", 81),
        ("video_ltx2_3_i2v", "320:295.width", 640),
        ("video_ltx2_3_i2v", "320:310.fps", 25),
        ("new_Wan22_api", "220.steps", 8),
        ("hunyuan15", "126.steps", 20),
        ("video_ltx2_3_i2v", "320:284.latent", None),
        ("hunyuan15", "44.text", None),
        ("hunyuan15", "9999.text", None),
    ],
)
def test_a_number_is_found_behind_its_links(name: str, place: str, value: float | None) -> None:
    node, _, key = place.rpartition(".")
    assert read_number(nodes_of(name), NodeInput(node=node, input=key)) == value


def test_a_text_is_found_behind_a_switch() -> None:
    nodes = nodes_of("video_ltx2_3_i2v")
    assert str(read_literal(nodes, NodeInput(node="320:303", input="text"))).startswith("Egyptian royal")


def test_a_circle_has_no_value() -> None:
    nodes = {
        "1": TemplateNode(class_type="PrimitiveInt", inputs={"value": ["2", 0]}),
        "2": TemplateNode(class_type="PrimitiveInt", inputs={"value": ["1", 0]}),
    }
    assert read_literal(nodes, NodeInput(node="1", input="value")) is None
