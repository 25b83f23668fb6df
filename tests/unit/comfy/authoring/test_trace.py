"""What tracing finds in published graphs is what a person found by reading them."""

import json
import tomllib

import pytest

from comfy.authoring.api_format import parse_api
from comfy.authoring.source_graph import SourceGraph
from comfy.authoring.trace import trace_inputs
from comfy.authoring.traced import Traced
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.graphs import nodes, written
from tests.unit.comfy.workflows.published import NAMES, manifest, template

UNCLEAR = {  # what tracing does not find, with the reason
    ("wanvideo2_2_I2V_A14B_example_WIP", "width"): "the hand-made conversion has the node's inputs mixed up",
    ("wanvideo2_2_I2V_A14B_example_WIP", "height"): "the hand-made conversion has the node's inputs mixed up",
}


def traced(name: str) -> Traced:
    return trace_inputs(parse_api(json.loads(template(name))))


@pytest.mark.parametrize("name", NAMES)
def test_every_input_of_a_published_graph_is_found(name: str):
    truth = tomllib.loads(manifest(name))
    found = traced(name)

    assert found.output == truth["output"]
    assert str(found.crf) == truth.get("crf", "None")
    for key, places in truth["inputs"].items():
        if (name, key) not in UNCLEAR:
            assert sorted(written(found.found[key].places)) == sorted(places), key
    assert found.questions == ()


def test_a_switch_for_few_steps_becomes_two_presets():
    presets = traced("video_wan2_2_14B_i2v").presets

    assert list(presets) == ["quality", "turbo"]
    assert dict(presets["turbo"].values) == {"steps": 4, "cfg": 1}
    assert {str(place): value for place, value in presets["turbo"].sets.items()} == {"129:131.value": True}
    assert dict(presets["quality"].values) == {"steps": 20, "cfg": 3.5}
    assert traced("video_wan2_2_14B_flf2v").presets == {}


def test_half_of_the_size_at_the_first_sampler_makes_a_rule():
    assert traced("video_ltx2_3_i2v").rules == {"size": {"multiple": 64}}


def test_a_split_that_is_not_the_half_makes_a_rule():
    graph = json.loads(template("ex_image_to_video_wan22_14B"))
    graph["57"]["inputs"]["end_at_step"] = graph["58"]["inputs"]["start_at_step"] = 8

    assert trace_inputs(parse_api(graph)).rules == {"derived": {"split": "round(steps * 0.4)"}}


def test_a_title_wins_over_tracing():
    graph = json.loads(template("ex_image_to_video_wan22_14B"))
    graph["58"]["_meta"] = {"title": "@seed"}

    found = trace_inputs(parse_api(graph)).found["seed"]

    assert (written(found.places), found.how) == (["58.noise_seed"], "title @seed")


def test_two_pictures_of_which_nothing_tells_are_a_question():
    graph = SourceGraph(
        nodes=nodes(
            a=("LoadImage", {"image": "a.png"}),
            b=("LoadImage", {"image": "b.png"}),
            both=("ImageBatch", {"image1": ["a", 0], "image2": ["b", 0]}),
            save=("SaveWEBM", {"images": ["both", 0], "fps": 16.0, "filename_prefix": "clip"}),
        )
    )

    (question,) = trace_inputs(graph).questions

    assert (question.name, sorted(written(question.candidates))) == ("image", ["a.image", "b.image"])
    assert question.default in question.candidates


@pytest.mark.parametrize(("text", "questions"), [("a fox", []), ("a cat", ["prompt"])])
def test_only_texts_that_differ_are_a_question(text: str, questions: list[str]):
    graph = json.loads(template("ex_image_to_video_wan22_14B"))
    graph["6"]["inputs"]["text"] = "a fox"
    graph["600"] = {"class_type": "CLIPTextEncode", "inputs": {**graph["6"]["inputs"], "text": text}}
    graph["58"]["inputs"]["positive"] = ["600", 0]

    assert [each.name for each in trace_inputs(parse_api(graph)).questions] == questions


def test_a_graph_that_saves_no_clip_is_refused():
    with pytest.raises(BadAnswer, match="no node saves a clip"):
        trace_inputs(SourceGraph(nodes=nodes(a=("LoadImage", {"image": "a.png"}))))


def test_a_save_node_that_nothing_is_linked_to_is_refused():
    with pytest.raises(BadAnswer, match=r"node a \(SaveVideo\): the file lacks the link"):
        trace_inputs(SourceGraph(nodes=nodes(a=("SaveVideo", {"filename_prefix": "clip"}))))
