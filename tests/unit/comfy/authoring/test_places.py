"""Where a value stands: through primitives, switches, reroutes and a factor, never through arithmetic."""

import pytest

from comfy.authoring.places import branches_of, find_places, is_text, real_places, switch_place
from tests.unit.comfy.authoring.graphs import at, nodes, written

SWITCHED = nodes(
    sampler=("KSampler", {"steps": ["steps", 0], "cfg": 3.5, "seed": ["computed", 0]}),
    steps=("ComfySwitchNode", {"switch": ["turbo", 0], "on_false": ["slow", 0], "on_true": ["fast", 0]}),
    slow=("PrimitiveInt", {"value": 20}),
    fast=("PrimitiveInt", {"value": 4}),
    turbo=("PrimitiveBoolean", {"value": False}),
    computed=(
        "ComfyMathExpression",
        {"expression": "a * b + 1", "values.a": ["slow", 0], "values.b": ["fast", 0]},
    ),
)
SIZES = nodes(
    latent=("EmptyLTXVLatentVideo", {"width": ["half", 1], "height": ["size", 1], "length": 97}),
    half=("ComfyMathExpression", {"expression": "a/2", "values.a": ["wide", 0]}),
    wide=("PrimitiveInt", {"value": 1280}),
    size=("GetImageSize", {"image": ["resized", 0]}),
    resized=("ImageScale", {"width": 640, "height": 480, "image": ["photo", 0], "crop": "center"}),
    photo=("LoadImage", {"image": "photo.png"}),
    unscaled=("WanImageToVideo", {"width": ["photo_size", 0]}),
    photo_size=("GetImageSize", {"image": ["photo", 0]}),
    rerouted=("KSampler", {"seed": ["through", 0]}),
    through=("Reroute", {"": ["number", 0]}),
    number=("INTConstant", {"value": 7}),
)


def test_a_number_at_the_node_itself_stands_there():
    assert written(real_places(SWITCHED, at("sampler.cfg"))) == ["sampler.cfg"]


def test_both_branches_of_a_switch_hold_the_number_the_active_one_first():
    assert written(real_places(SWITCHED, at("sampler.steps"))) == ["slow.value", "fast.value"]


def test_the_boolean_of_a_switch_is_found_behind_its_link():
    assert switch_place(SWITCHED, "steps") == at("turbo.value")
    assert branches_of(SWITCHED, "steps") == ("on_false", "on_true")
    assert branches_of(SWITCHED, "slow") == ()


def test_a_number_computed_of_two_has_no_place():
    assert real_places(SWITCHED, at("sampler.seed")) == ()


def test_a_factor_is_told_and_is_no_real_place():
    (place,) = find_places(SIZES, at("latent.width"))

    assert (str(place.target), place.factor) == ("wide.value", 0.5)
    assert real_places(SIZES, at("latent.width")) == ()


def test_the_size_of_a_resized_picture_stands_at_what_resizes_it():
    assert written(real_places(SIZES, at("latent.height"))) == ["resized.height"]


def test_the_size_of_a_picture_that_is_scaled_again_has_the_factor_of_that():
    graph = {
        **SIZES,
        **nodes(
            half_size=("GetImageSize", {"image": ["scaled", 0]}),
            scaled=("ImageScaleBy", {"image": ["resized", 0], "scale_by": 0.5, "upscale_method": "area"}),
            small=("EmptyLTXVLatentVideo", {"width": ["half_size", 0]}),
        ),
    }

    (place,) = find_places(graph, at("small.width"))

    assert (str(place.target), place.factor) == ("resized.width", 0.5)


def test_the_size_of_a_picture_as_it_is_has_no_place():
    assert real_places(SIZES, at("unscaled.width")) == ()


def test_a_reroute_is_passed():
    assert written(real_places(SIZES, at("rerouted.seed"))) == ["number.value"]


@pytest.mark.parametrize("target", ["latent.nothing", "nobody.width"])
def test_an_input_that_is_not_there_has_no_place(target: str):
    assert find_places(SIZES, at(target)) == ()


def test_a_value_of_another_kind_is_no_place():
    assert find_places(SIZES, at("photo.image")) == ()
    assert written(real_places(SIZES, at("photo.image"), is_text)) == ["photo.image"]


def test_a_circle_ends():
    circle = nodes(a=("Reroute", {"": ["b", 0]}), b=("Reroute", {"": ["a", 0]}))

    assert find_places(circle, at("a.")) == ()
