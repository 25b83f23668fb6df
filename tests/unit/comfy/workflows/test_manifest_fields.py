"""The tables of a manifest are parsed, and what is wrong in one is named by its place."""

from collections.abc import Callable

import pytest

from comfy import Range
from comfy.errors import BadAnswer
from comfy.graphs.nodes import NodeInput, TemplateNode
from comfy.workflows.manifest_fields import (
    parse_node_input,
    parse_range,
    parse_sets,
    refuse_unknown,
    sub_table,
    text_lists,
    texts,
)

NODES = {"4:2": TemplateNode(class_type="KSampler", inputs={"steps": 20, "resize.width": 8})}


def test_tables_texts_and_lists_are_read() -> None:
    table = {"title": {"en": "Mine"}, "inputs": {"seed": ["1.seed", "2.seed"], "prompt": []}}
    assert texts(table, "title") == {"en": "Mine"}
    assert text_lists(table, "inputs") == {"seed": ("1.seed", "2.seed"), "prompt": ()}
    assert sub_table(table, "presets") == {}


def test_an_input_is_a_node_and_all_that_follows_the_first_point() -> None:
    assert parse_node_input("4:2.resize.width", "x", NODES) == NodeInput(node="4:2", input="resize.width")


def test_a_range_has_ends_and_perhaps_steps() -> None:
    assert parse_range({"least": 5, "most": 124, "step": 17}, "x") == Range(least=5, most=124, step=17)


@pytest.mark.parametrize("value", ["euler", 4, 0.5, True])
def test_an_input_is_set_to_a_plain_value(value: object) -> None:
    assert parse_sets({"4:2.steps": value}, "x", NODES) == {NodeInput(node="4:2", input="steps"): value}


@pytest.mark.parametrize(
    ("parse", "said"),
    [
        (lambda: parse_node_input("4:2.cfg", "inputs.cfg", NODES), "inputs.cfg: the template has no input"),
        (lambda: parse_sets({"4:2.steps": ["1", 0]}, "presets.a", NODES), "presets.a: 4:2.steps can be"),
        (lambda: parse_range({"least": 2, "most": 1}, "ranges.cfg"), "ranges.cfg: least 2 is more than"),
        (lambda: parse_range({"most": 1, "step": -1}, "ranges.cfg"), "or the step less than 0"),
        (lambda: refuse_unknown("key", ["a", "b"], {"a"}), "key: b is not known"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(parse: Callable[[], object], said: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse()
    assert said in caught.value.reason
