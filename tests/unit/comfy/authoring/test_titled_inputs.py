"""A title such as @prompt names an input, whatever tracing would say."""

import pytest

from comfy.authoring.titled_inputs import find_titled_inputs
from comfy.authoring.trace import NAMES
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.graphs import nodes, written

GRAPH = nodes(
    text=("CLIPTextEncode", {"text": "a fox", "clip": ["clip", 0]}),
    photo=("LoadImage", {"image": "a.png", "upload": "image"}),
    number=("PrimitiveInt", {"value": 5}),
    noise=("RandomNoise", {"noise_seed": 5}),
    other=("Something", {"a": 1, "b": 2}),
    odd=("Something", {"amount": 7, "mode": "x"}),
)


@pytest.mark.parametrize(
    ("title", "node", "place"),
    [
        ("@prompt", "text", "text.text"),
        (" @Prompt what moves", "text", "text.text"),
        ("@last_image", "photo", "photo.image"),
        ("@frames", "number", "number.value"),
        ("@seed", "noise", "noise.noise_seed"),
        ("@steps", "odd", "odd.amount"),
    ],
)
def test_the_input_that_fits_the_title_is_taken(title: str, node: str, place: str):
    found = find_titled_inputs(GRAPH, {node: title}, NAMES)

    assert [written(places) for places in found.values()] == [[place]]


def test_two_nodes_of_one_title_are_both_filled():
    assert written(find_titled_inputs(GRAPH, {"number": "@seed", "noise": "@seed"}, NAMES)["seed"]) == [
        "number.value",
        "noise.noise_seed",
    ]


@pytest.mark.parametrize(
    ("title", "node", "part"),
    [
        ("@promt", "text", "@prompt"),
        ("@", "text", "names no input"),
        ("@steps", "other", "no input fits its title"),
    ],
)
def test_a_title_that_names_nothing_is_refused(title: str, node: str, part: str):
    with pytest.raises(BadAnswer, match=part):
        find_titled_inputs(GRAPH, {node: title}, NAMES)


def test_other_titles_name_nothing():
    assert find_titled_inputs(GRAPH, {"text": "prompt @home", "gone": "@prompt"}, NAMES) == {}
