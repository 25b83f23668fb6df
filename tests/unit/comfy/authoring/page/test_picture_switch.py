"""Loaders of pictures that a file has switched off."""

import pytest

from comfy.authoring.page.page_format import parse_page
from comfy.authoring.page.picture_switch import switch_on_pictures
from tests.unit.comfy.authoring.page_files import Link, Node, node, page, read, socket, subgraph

LINKS: tuple[Link, ...] = ((10, 1, 0, 2, 0, "IMAGE"), (11, 3, 0, 2, 1, "IMAGE"))


def loader(number: int, mode: int) -> Node:
    return node(number, "LoadImage", "a.png", "image", outputs=["IMAGE", "MASK"], mode=mode)


def sampler(*names: str) -> Node:
    inputs = [socket(name, "IMAGE", 10 + at) for at, name in enumerate(names)]
    return node(2, "WanFirstLastFrameToVideo", 640, 640, 81, 1, inputs=inputs)


@pytest.mark.parametrize("mode", [2, 4])
def test_a_loader_that_is_off_is_switched_on_and_that_is_said(mode: int):
    graph = read(page(loader(1, mode), sampler("start_image"), links=LINKS[:1]))

    assert graph.nodes["2"].inputs["start_image"] == ["1", 0]
    assert graph.notes[0] == (
        "node 1 (LoadImage) is switched off in the file; it is switched on, because it feeds 2.start_image"
    )


def test_beside_a_picture_that_comes_in_the_files_own_choice_stands():
    graph = read(page(loader(1, 0), loader(3, 4), sampler("start_image", "end_image"), links=LINKS))

    assert set(graph.nodes) == {"1", "2"}


def test_of_two_that_are_off_only_the_first_picture_is_switched_on():
    graph = read(page(loader(1, 4), loader(3, 4), sampler("start_image", "end_image"), links=LINKS))

    assert set(graph.nodes) == {"1", "2"}


def test_a_loader_that_feeds_only_what_is_off_stays_off():
    target = sampler("start_image") | {"mode": 2}

    assert set(
        read(page(loader(1, 4), target, loader(5, 4), node(6, "PreviewImage"), links=LINKS[:1])).nodes
    ) == {"6"}


def test_a_loader_whose_picture_is_passed_on_by_a_bypassed_node_is_switched_on():
    resize = node(
        3, "ImageScaleBy", "area", 0.5, inputs=[socket("image", "IMAGE", 20)], outputs=["IMAGE"], mode=4
    )
    links: list[Link] = [(20, 1, 0, 3, 0, "IMAGE"), (10, 3, 0, 2, 0, "IMAGE")]

    graph = read(page(loader(1, 4), resize, sampler("start_image"), links=links))

    assert graph.nodes["2"].inputs["start_image"] == ["1", 0]


def test_a_loader_within_a_subgraph_is_switched_on():
    inner = subgraph("inner", loader(1, 4), sampler("start_image"), links=LINKS[:1])

    assert read(page(node(7, "inner"), subgraphs=[inner])).nodes["7:2"].inputs["start_image"] == ["7:1", 0]


def test_a_file_without_such_a_loader_is_left_as_it_is():
    parsed = parse_page(page(node(2, "PreviewImage")))

    assert switch_on_pictures(parsed, {}) == (parsed, ())
