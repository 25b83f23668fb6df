"""Values of subgraphs' instances, and of the nodes within them."""

import pytest

from comfy.authoring.page.page_format import PageNode
from comfy.authoring.page.promoted import pack_of
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.page_files import Node, node, page, read, socket, subgraph, widget

STEPS = ("steps", "INT")


def sampler(number: int, link: int | None, steps: int = 20, **more: object) -> Node:
    return node(
        number,
        "BasicScheduler",
        *("simple", steps, 1.0),
        inputs=[socket("model", "MODEL"), widget("steps", "INT", link)],
        outputs=["SIGMAS"],
        **more,
    )


def inner(*names: tuple[str, str]) -> Node:
    """A subgraph of a node 2, whose steps come from outside."""
    return subgraph("inner", sampler(2, 50), links=[(50, -10, 0, 2, 1, "INT")], inputs=[STEPS, *names])


def steps_of(file: object, name: str) -> object:
    return read(file).nodes[name].inputs["steps"]


def test_nodes_within_have_the_instances_name_before_their_own():
    assert set(read(page(node(7, "inner"), node(8, "inner"), subgraphs=[inner()])).nodes) == {"7:2", "8:2"}


def test_an_instances_value_wins_over_that_within_and_each_has_its_own():
    file = page(node(7, "inner", 4), node(8, "inner", 8), node(9, "inner"), subgraphs=[inner()])

    assert [steps_of(file, f"{number}:2") for number in (7, 8, 9)] == [4, 8, 20]


def test_an_outer_link_wins_over_the_instances_value():
    number = node(3, "PrimitiveInt", 30, "fixed", outputs=["INT"])
    instance = node(7, "inner", 4, inputs=[widget("steps", "INT", 60)])
    file = page(number, instance, links=[(60, 3, 0, 7, 0, "INT")], subgraphs=[inner()])

    assert steps_of(file, "7:2") == ["3", 0]


def test_a_page_of_2025_tells_the_widgets_in_the_order_of_the_values():
    proxies = {"proxyWidgets": [["2", "scheduler"], ["2", "steps"]]}
    graph = read(page(node(7, "inner", "normal", 4, properties=proxies), subgraphs=[inner()]))

    assert graph.nodes["7:2"].inputs == {"scheduler": "normal", "steps": 4, "denoise": 1.0}


def test_where_such_a_page_holds_no_values_those_within_count():
    proxies = {"proxyWidgets": [["2", "steps"]]}

    assert steps_of(page(node(7, "inner", properties=proxies), subgraphs=[inner()]), "7:2") == 20


def test_a_value_that_the_page_kept_aside_counts():
    kept = {"originalEntry": ["-1", "steps"], "reason": "missingSubgraphInput", "hostValue": 6}

    file = page(node(7, "inner", 4, properties={"proxyWidgetErrorQuarantine": [kept]}), subgraphs=[inner()])

    assert steps_of(file, "7:2") == 6


def test_an_instance_within_an_instance_passes_its_value_on():
    outer = subgraph(
        "outer",
        node(5, "inner", 9, inputs=[widget("steps", "INT", 70)]),
        links=[(70, -10, 0, 5, 0, "INT")],
        inputs=[STEPS],
    )
    file = page(node(7, "outer", 4), node(8, "outer"), subgraphs=[inner(), outer])

    assert steps_of(file, "7:5:2") == 4
    assert steps_of(file, "8:5:2") == 9


def test_an_input_that_feeds_a_widget_and_a_socket_gives_both_the_widgets_value():
    switch = node(3, "ComfySwitchNode", False, inputs=[socket("on_false", "INT", 51)], outputs=["INT"])
    both = subgraph(
        "both",
        sampler(2, 50),
        switch,
        links=[(50, -10, 0, 2, 1, "INT"), (51, -10, 0, 3, 0, "INT")],
        inputs=[STEPS],
    )

    assert read(page(node(7, "both"), subgraphs=[both])).nodes["7:3"].inputs["on_false"] == 20


def test_the_controls_of_older_pages_are_no_values():
    noise = node(2, "RandomNoise", 1, "fixed", inputs=[widget("noise_seed", "INT", 50)], outputs=["NOISE"])
    definition = subgraph(
        "inner",
        noise,
        sampler(3, 51),
        links=[(50, -10, 0, 2, 0, "INT"), (51, -10, 1, 3, 1, "INT")],
        inputs=[("noise_seed", "INT"), STEPS],
    )
    file = page(node(7, "inner", 5, "randomize", 4), subgraphs=[definition])

    assert read(file).nodes["7:2"].inputs == {"noise_seed": 5}
    assert steps_of(file, "7:3") == 4


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(BadAnswer, match=r'node 7 \(subgraph "inner"\): its values do not fit'):
        read(page(node(7, "inner", "twenty"), subgraphs=[inner()]))


@pytest.mark.parametrize("mode", [2, 4])
def test_nothing_within_an_instance_that_is_off_runs(mode: int):
    assert set(read(page(sampler(1, None), node(7, "inner", mode=mode), subgraphs=[inner()])).nodes) == {"1"}


def test_a_bypassed_instance_passes_on_its_input():
    picture = node(1, "LoadImage", "a.png", "image", outputs=["IMAGE", "MASK"])
    instance = node(7, "inner", inputs=[socket("image", "IMAGE", 10)], outputs=["IMAGE"], mode=4)
    preview = node(9, "PreviewImage", inputs=[socket("images", "IMAGE", 90)])
    links = [(10, 1, 0, 7, 0, "IMAGE"), (90, 7, 0, 9, 0, "IMAGE")]
    graph = read(page(picture, instance, preview, links=links, subgraphs=[inner()]))

    assert graph.nodes["9"].inputs == {"images": ["1", 0]}


def test_a_subgraphs_output_is_what_it_is_linked_to_within():
    made = node(2, "EmptyImage", 8, 8, 1, 0, outputs=["IMAGE"])
    definition = subgraph("inner", made, links=[(50, 2, 0, -20, 0, "IMAGE")], outputs=[("IMAGE", "IMAGE")])
    preview = node(9, "PreviewImage", inputs=[socket("images", "IMAGE", 90)])
    file = page(
        node(7, "inner", outputs=["IMAGE"]),
        preview,
        links=[(90, 7, 0, 9, 0, "IMAGE")],
        subgraphs=[definition],
    )

    assert read(file).nodes["9"].inputs == {"images": ["7:2", 0]}


def test_a_subgraph_that_contains_itself_is_refused():
    with pytest.raises(BadAnswer, match='"inner" contains itself'):
        read(page(node(7, "inner"), subgraphs=[subgraph("inner", node(2, "inner"))]))


def test_a_small_file_of_endless_subgraphs_is_refused():
    levels = [
        subgraph(f"s{level}", *(node(each, f"s{level + 1}") for each in range(8))) for level in range(15)
    ]

    with pytest.raises(BadAnswer, match="more than"):
        read(page(node(7, "s0"), subgraphs=[*levels, subgraph("s15")]))


@pytest.mark.parametrize(
    ("properties", "pack"),
    [({"cnr_id": "a", "aux_id": "b/c"}, "a"), ({"aux_id": "b/c"}, "b/c"), ({"cnr_id": 3}, ""), ({}, "")],
)
def test_a_nodes_pack_is_named_by_the_registry_or_by_its_repository(properties: dict[str, object], pack: str):
    assert pack_of(PageNode(name="1", kind="A", properties=properties)) == pack
