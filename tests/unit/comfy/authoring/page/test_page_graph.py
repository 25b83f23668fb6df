"""A file in the page's format becomes the graph that the page would run."""

import pytest

from comfy.authoring.page.page_format import parse_page
from comfy.authoring.page.page_graph import convert_page
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.page_files import Link, inputs_of, node, page, read, socket, subgraph, widget

PICTURE = node(1, "LoadImage", "a.png", "image", outputs=["IMAGE", "MASK"])
PREVIEW = node(9, "PreviewImage", inputs=[socket("images", "IMAGE", 90)])


def scale(number: int, link: int | None, **more: object) -> dict[str, object]:
    return node(
        number,
        "ImageScaleBy",
        "area",
        0.5,
        inputs=[socket("image", "IMAGE", link)],
        outputs=["IMAGE"],
        **more,
    )


def test_values_get_the_names_of_the_classs_widgets_and_links_those_of_their_inputs():
    file = page(PICTURE, scale(2, 10), links=[(10, 1, 0, 2, 0, "IMAGE")])

    assert inputs_of(file, "2") == {"upscale_method": "area", "scale_by": 0.5, "image": ["1", 0]}
    assert inputs_of(file, "1") == {"image": "a.png"}


def test_links_may_be_objects_too():
    link = {"id": 10, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0, "type": "IMAGE"}
    file = page(PICTURE, scale(2, 10)) | {"links": [link]}

    assert inputs_of(file, "2")["image"] == ["1", 0]


def test_the_points_that_a_link_is_drawn_over_do_not_matter():
    link = {"id": 10, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0, "parentId": 4}
    file = page(PICTURE, scale(2, 10), reroutes=[{"id": 4, "pos": [0, 0]}]) | {"links": [link]}

    assert inputs_of(file, "2")["image"] == ["1", 0]


def test_a_muted_node_is_left_out_with_the_links_to_it():
    file = page(
        PICTURE, scale(2, 10, mode=2), PREVIEW, links=[(10, 1, 0, 2, 0, "IMAGE"), (90, 2, 0, 9, 0, "IMAGE")]
    )

    assert set(read(file).nodes) == {"1", "9"}
    assert inputs_of(file, "9") == {}


def test_a_bypassed_node_passes_on_the_input_of_its_outputs_type():
    bypassed = node(
        2,
        "ImageCompositeMasked",
        inputs=[socket("mask", "MASK", None), socket("destination", "IMAGE", 10)],
        outputs=["IMAGE"],
        mode=4,
    )
    file = page(PICTURE, bypassed, PREVIEW, links=[(10, 1, 0, 2, 1, "IMAGE"), (90, 2, 0, 9, 0, "IMAGE")])

    assert inputs_of(file, "9") == {"images": ["1", 0]}


def test_reroutes_pass_on_what_they_get():
    reroute = node(2, "Reroute", inputs=[socket("", "*", 10)], outputs=["IMAGE"])
    file = page(PICTURE, reroute, PREVIEW, links=[(10, 1, 0, 2, 0, "IMAGE"), (90, 2, 0, 9, 0, "IMAGE")])

    assert inputs_of(file, "9") == {"images": ["1", 0]}
    assert set(read(file).nodes) == {"1", "9"}


def test_a_primitive_gives_its_value_to_the_widgets_that_it_feeds():
    primitive = node(3, "PrimitiveNode", 0.25, "fixed", outputs=["FLOAT"])
    target = scale(2, 10)
    target["inputs"] = [socket("image", "IMAGE", 10), widget("scale_by", "FLOAT", 30)]
    file = page(PICTURE, primitive, target, links=[(10, 1, 0, 2, 0, "IMAGE"), (30, 3, 0, 2, 1, "FLOAT")])

    assert inputs_of(file, "2")["scale_by"] == 0.25
    assert "3" not in read(file).nodes


def test_a_getter_gives_what_the_setter_of_its_name_got():
    setter = node(2, "SetNode", "picture", inputs=[socket("IMAGE", "IMAGE", 10)], outputs=["*"])
    getter = node(3, "GetNode", "picture", outputs=["IMAGE"])
    file = page(
        PICTURE, setter, getter, PREVIEW, links=[(10, 1, 0, 2, 0, "IMAGE"), (90, 3, 0, 9, 0, "IMAGE")]
    )

    assert inputs_of(file, "9") == {"images": ["1", 0]}
    assert set(read(file).nodes) == {"1", "9"}


def test_a_getter_within_a_subgraph_finds_the_setter_around_it():
    setter = node(2, "SetNode", "picture", inputs=[socket("IMAGE", "IMAGE", 10)], outputs=["*"])
    inner = subgraph(
        "inner", node(3, "GetNode", "picture", outputs=["IMAGE"]), PREVIEW, links=[(90, 3, 0, 9, 0, "IMAGE")]
    )
    file = page(PICTURE, setter, node(5, "inner"), links=[(10, 1, 0, 2, 0, "IMAGE")], subgraphs=[inner])

    assert inputs_of(file, "5:9") == {"images": ["1", 0]}


def test_a_getter_of_nothing_is_said():
    getter = node(3, "GetNode", "picture", outputs=["IMAGE"])
    graph = read(page(PICTURE, getter, PREVIEW, links=[(90, 3, 0, 9, 0, "IMAGE")]))

    assert graph.nodes["9"].inputs == {}
    assert graph.notes == ('node 3: nothing sets "picture", which it asks for',)


@pytest.mark.parametrize(
    "kind", ["Note", "MarkdownNote", "Label (rgthree)", "Fast Groups Bypasser (rgthree)"]
)
def test_nodes_of_the_page_alone_are_left_out(kind: str):
    assert set(read(page(PICTURE, node(2, kind, "some words"))).nodes) == {"1"}


def test_an_unknown_node_that_is_linked_to_nothing_is_left_out_and_said():
    graph = read(page(PICTURE, node(2, "Some Page Decoration", "x", properties={"cnr_id": "decorations"})))

    assert set(graph.nodes) == {"1"}
    assert graph.notes == (
        "node 2 (Some Page Decoration of decorations) is not known and linked to nothing: left out",
    )


def test_links_that_anything_everywhere_draws_are_read_from_beside_the_graph():
    everywhere = node(2, "Anything Everywhere", inputs=[socket("IMAGE", "IMAGE", 10)])
    preview = node(9, "PreviewImage", inputs=[socket("images", "IMAGE")])
    hidden = {"downstream": 9, "downstream_slot": 0, "upstream": "1", "upstream_slot": 0, "controller": 2}
    file = page(PICTURE, everywhere, preview, links=[(10, 1, 0, 2, 0, "IMAGE")], extra={"ue_links": [hidden]})

    assert inputs_of(file, "9") == {"images": ["1", 0]}
    with pytest.raises(BadAnswer, match=r"node 2 \(Anything Everywhere\) hides links"):
        read(file | {"extra": {}})


def test_an_old_group_node_is_refused_by_name():
    with pytest.raises(BadAnswer, match=r"node 2 \(My Group\) is a group node of older pages"):
        read(page(PICTURE, node(2, "workflow>My Group")))


def test_a_subgraph_without_its_definition_is_refused():
    with pytest.raises(BadAnswer, match="node 2: the file lacks the subgraph"):
        read(page(PICTURE, node(2, "b7c2d337-c38d-4c04-922b-2d638449d13e")))


def test_links_in_a_circle_are_refused():
    first = node(2, "Reroute", inputs=[socket("", "*", 10)], outputs=["IMAGE"])
    second = node(3, "Reroute", inputs=[socket("", "*", 11)], outputs=["IMAGE"])
    links = [(10, 3, 0, 2, 0, "IMAGE"), (11, 2, 0, 3, 0, "IMAGE"), (90, 2, 0, 9, 0, "IMAGE")]

    with pytest.raises(BadAnswer, match="circle"):
        read(page(PICTURE, first, second, PREVIEW, links=links))


def test_a_chain_of_reroutes_without_end_is_refused():
    chain = [
        node(number, "Reroute", inputs=[socket("", "*", number)], outputs=["*"])
        for number in range(100, 2000)
    ]
    links: list[Link] = [(number, number - 1, 0, number, 0, "*") for number in range(101, 2000)]

    with pytest.raises(BadAnswer, match="goes through more than 150 nodes"):
        read(page(*chain, PREVIEW, links=[*links, (90, 1999, 0, 9, 0, "IMAGE")]))


def test_a_value_that_is_a_list_is_wrapped_for_it_would_be_a_link():
    made = node(2, "ImageStitch", "right", True, 0, ["1", 0], inputs=[socket("image1", "IMAGE", 10)])

    assert inputs_of(page(PICTURE, made, links=[(10, 1, 0, 2, 0, "IMAGE")]), "2")["spacing_color"] == {
        "__value__": ["1", 0]
    }


def test_the_titles_packs_and_models_of_what_runs_are_told():
    models = [{"name": "a.safetensors", "url": "https://example.org/a.safetensors", "directory": "loras"}]
    properties = {
        "cnr_id": "comfy-core",
        "models": [*models, {"name": "b", "url": "http://x.org/b", "directory": "vae"}],
    }
    loader = node(2, "LoraLoaderModelOnly", "a.safetensors", 1.0, title="Turbo", properties=properties)
    muted = node(3, "VAELoader", "c.safetensors", title="Other", mode=2, properties=properties)
    graph = read(page(loader, muted))

    assert graph.titles == {"2": "Turbo"}
    assert graph.packs == {"LoraLoaderModelOnly": "comfy-core"}
    assert [(each.name, each.folder, each.url) for each in graph.models] == [
        ("a.safetensors", "loras", "https://example.org/a.safetensors")
    ]


def test_an_instance_of_a_subgraph_twice_makes_its_nodes_twice():
    inner = subgraph("inner", node(3, "EmptyImage", 8, 8, 1, 0))
    graph = convert_page(parse_page(page(node(1, "inner"), node(2, "inner"), subgraphs=[inner])), {})

    assert set(graph.nodes) == {"1:3", "2:3"}
