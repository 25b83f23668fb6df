"""Published files in the page's format, against the same ones in API format."""

import json
from pathlib import Path

import pytest

from comfy.authoring.reading import read_source
from comfy.authoring.source_graph import SourceGraph

DATA = Path(__file__).parents[3] / "data" / "workflows"
# Where the file in API format, which was made by hand, has values in the wrong places.
MADE_WRONG = {
    ("video_ltx2_3_i2v", "ResizeImageMaskNode"),
    ("cogvideox_1_5_5b_I2V_01", "ImageResizeKJ"),
    ("wanvideo2_2_I2V_A14B_example_WIP", "ImageResizeKJv2"),
}
NAMES = sorted(path.stem for path in (DATA / "ui").glob("*.json"))


def read_page(name: str) -> SourceGraph:
    return read_source((DATA / "ui" / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_published_file_becomes_the_graph_that_it_stands_for(name: str):
    nodes = read_page(name).nodes
    expected = json.loads((DATA / "api" / f"{name}.json").read_text("utf-8"))

    assert nodes.keys() >= expected.keys()
    for number, node in expected.items():
        kind, inputs = node["class_type"], nodes[number].inputs
        assert nodes[number].class_type == kind
        # "" is what the page keeps for a widget that was new when it saved the file.
        differing = {key: value for key, value in node["inputs"].items() if inputs.get(key) != value != ""}
        assert not differing or (name, kind) in MADE_WRONG, (number, kind)


def test_values_of_other_versions_are_in_the_right_places():
    resize = read_page("cogvideox_1_5_5b_I2V_01").nodes["37"].inputs
    assert (resize["width"], resize["divisible_by"], resize["crop"]) == (1360, 16, "disabled")

    resize = read_page("wanvideo2_2_I2V_A14B_example_WIP").nodes["68"].inputs
    assert (resize["width"], resize["upscale_method"], resize["divisible_by"]) == (720, "lanczos", 32)

    resize = read_page("video_ltx2_3_i2v").nodes["320:330"].inputs
    assert (resize["resize_type.longer_size"], resize["scale_method"]) == (1536, "area")


def test_the_picture_of_wan_5b_is_switched_on():
    graph = read_page("video_wan2_2_5B_ti2v")

    assert graph.nodes["55"].inputs["start_image"] == ["56", 0]
    assert graph.nodes["56"].class_type == "LoadImage"
    assert "node 56 (LoadImage) is switched off" in graph.notes[0]


def test_the_model_files_of_the_nodes_that_run_are_told():
    models = read_page("video_wan2_2_5B_ti2v").models

    assert {each.folder for each in models} == {"diffusion_models", "text_encoders", "vae"}
    assert all(each.url.startswith("https://huggingface.co/") for each in models)
