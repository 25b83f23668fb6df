"""The page's format as it is parsed."""

import pytest

from comfy.authoring.page.page_format import PageLink, is_page, parse_page
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.page_files import node, page, subgraph


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"nodes": [], "links": []}, True),
        ({"nodes": [{"id": 1, "type": "A"}]}, True),
        ({"nodes": {"1": {"class_type": "A"}}}, False),
        ({"1": {"class_type": "A"}}, False),
    ],
)
def test_the_pages_format_is_told_from_others(value: dict[str, object], *, expected: bool):
    assert is_page(value) is expected


@pytest.mark.parametrize(
    "link",
    [
        [4, 1, 0, "2", 3, "IMAGE"],
        [4, 1, 0, "2", 3],
        {"id": 4, "origin_id": 1, "origin_slot": 0, "target_id": "2", "target_slot": 3},
    ],
)
def test_a_link_may_be_a_list_or_an_object(link: object):
    links = parse_page({"nodes": [], "links": [None, link]}).graph.links

    assert links == {4: PageLink(source="1", source_slot=0, target="2", target_slot=3)}


def test_slots_of_any_type_and_of_dropdowns():
    inputs = [
        {"name": "a", "type": 0},
        {"name": "b", "type": ["x", "y"]},
        {"name": "c", "type": "INT", "widget": {}},
    ]
    parsed = parse_page(page(node(1, "A", inputs=inputs))).graph.nodes["1"].inputs

    assert [(each.kind, each.widget) for each in parsed] == [("*", ""), ("COMBO", ""), ("INT", "c")]


@pytest.mark.parametrize(
    "value",
    [
        {"nodes": 3},
        {"nodes": [3]},
        {"nodes": [{"id": 1}]},
        {"nodes": [], "links": [[1, 2]]},
        {"nodes": [], "links": [[1, 2, None, 3, 4]]},
        {"nodes": [], "definitions": {"subgraphs": 3}},
        {"nodes": [], "definitions": {"subgraphs": [{"id": "a"}]}},
    ],
)
def test_other_shapes_are_refused(value: dict[str, object]):
    with pytest.raises(BadAnswer):
        parse_page(value)


def test_the_nodes_of_subgraphs_count_for_the_limit():
    many = subgraph("many", *(node(number, "A") for number in range(5_000)))

    with pytest.raises(BadAnswer, match="more than 5000 nodes"):
        parse_page(page(node(1, "many"), subgraphs=[many]))
