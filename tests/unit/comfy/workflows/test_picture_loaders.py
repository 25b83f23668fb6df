"""An input that takes a picture itself gets a loader in front of it."""

import pytest

from comfy import build_graph
from tests.unit.comfy.workflows.published import manifest, parse_workflow, published, template


def test_the_bypassed_picture_of_wan_22_5b_is_switched_on() -> None:
    workflow = published("video_wan2_2_5B_ti2v")

    graph = build_graph(workflow, {"prompt": "go", "seed": 1}, "animate/p.png [temp]")

    assert graph.nodes["55"].inputs["start_image"] == ["animate_image", 0]
    loader = graph.nodes["animate_image"]
    assert (loader.class_type, loader.inputs) == ("LoadImage", {"image": "animate/p.png [temp]"})


@pytest.mark.parametrize("last_image", [None, "animate/end.png [temp]"])
def test_a_last_picture_can_be_connected_too(last_image: str | None) -> None:
    text = manifest("new_Wan22_api").replace("[inputs]", '[inputs]\nlast_image = ["541.end_image"]')
    workflow = parse_workflow("mine", template=template("new_Wan22_api"), manifest=text)

    graph = build_graph(workflow, {"prompt": "go", "seed": 1}, "a.png", last_image=last_image)

    assert ("end_image" in graph.nodes["541"].inputs) is (last_image is not None)
    assert ("animate_last_image" in graph.nodes) is (last_image is not None)
    if last_image:
        assert graph.nodes["animate_last_image"].inputs["image"] == last_image
