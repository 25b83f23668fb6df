"""What people may choose: models, presets, choices, and how clips end."""

from dataclasses import replace

import pytest

from jobs.errors import Refusal
from jobs.offers import (
    check_loras,
    default_preset,
    ending_so,
    endings,
    offered_models,
    parse_choices,
    pick_loras,
    pick_presets,
    split_strength,
    title_of,
)
from tests.unit.jobs.ending_setup import with_last_picture
from tests.unit.jobs.lora_setup import TAKING
from tests.unit.jobs.scripted_server import WORKFLOWS

PLAIN = WORKFLOWS["wan21_i2v"]
TITLED = replace(PLAIN, title={"en": "Wan", "zh-TW": "萬"})


def test_a_preset_is_that_of_the_first_workflow_which_has_it() -> None:
    models = offered_models(WORKFLOWS, {"wan21_i2v", "wan21_i2v_seed"})
    assert list(models) == ["wan21_i2v"]
    assert models["wan21_i2v"]["fast"].name == "wan21_i2v"


def test_turbo_comes_before_fast_and_fast_before_the_rest() -> None:
    assert default_preset({"quality": PLAIN, "fast": PLAIN, "turbo": PLAIN}) == "turbo"
    assert default_preset({"quality": PLAIN, "fast": PLAIN}) == "fast"
    assert default_preset({"quality": PLAIN, "draft": PLAIN}) == "quality"


@pytest.mark.parametrize(("model", "code"), [("no such", "model"), (None, None), ("wan21_i2v", None)])
def test_the_presets_are_those_of_the_model_or_of_the_first(model: str | None, code: str | None) -> None:
    models = offered_models(WORKFLOWS, WORKFLOWS.keys())
    if code is None:
        assert pick_presets(models, model) == models["wan21_i2v"]
        return
    with pytest.raises(Refusal, match=code):
        pick_presets(models, model)


def test_without_a_model_there_is_no_workflow() -> None:
    with pytest.raises(Refusal, match="no_workflow"):
        pick_presets({}, None)


def test_a_choice_that_is_not_offered_is_refused() -> None:
    assert parse_choices(" pingpong = back ", PLAIN.choices) == {"pingpong": "back"}
    assert parse_choices(None, PLAIN.choices) == {}
    for wrong in ("pingpong=sideways", "loop=back", "pingpong"):
        with pytest.raises(Refusal, match="choice"):
            parse_choices(wrong, PLAIN.choices)


def test_a_title_is_in_the_persons_language_else_in_english_else_the_name() -> None:
    assert [title_of(TITLED, each) for each in ("zh-TW", "en-GB", "fr")] == ["萬", "Wan", "Wan"]
    assert title_of(replace(PLAIN, title={})) == PLAIN.name


def test_a_clip_ends_on_a_picture_where_the_workflow_takes_one() -> None:
    either, must = with_last_picture(PLAIN), with_last_picture(PLAIN, needed=True)
    assert [endings(each) for each in (PLAIN, either, must)] == [{False}, {False, True}, {True}]
    workflows = {"plain": PLAIN, "either": either, "must": must}
    assert ending_so(workflows, on_picture=True).keys() == {"either", "must"}
    assert ending_so(workflows, on_picture=False).keys() == {"plain", "either"}


OFFERED = ["rain", "Smoke", "a:b", "x", "X"]


@pytest.mark.parametrize(
    ("named", "strength", "expected"),
    [
        (["rain"], None, {"rain": 0.9}),
        (["rain"], 0.5, {"rain": 0.5}),
        ([" rain : 0.7 ", "smoke:1,25"], 0.5, {"rain": 0.7, "Smoke": 1.25}),
        (["smoke", "RAIN:.5"], 0.4, {"Smoke": 0.4, "rain": 0.5}),
        (["a:b", "a:b:2"][:1], None, {"a:b": 0.9}),
        (["a:b:2"], None, {"a:b": 2.0}),
        (["X"], None, {"X": 0.9}),
        (["", " "], None, {}),
    ],
)
def test_loras_are_named_with_or_without_a_strength(
    named: list[str], strength: float | None, expected: dict[str, float]
) -> None:
    assert pick_loras(named, strength, TAKING, OFFERED) == expected


@pytest.mark.parametrize(
    ("named", "strength", "code"),
    [
        (["snow"], None, "lora"),
        (["../rain.safetensors"], None, "lora"),
        (["rai"], None, "lora"),
        (["rain:9"], None, "range"),
        (["rain:-1"], None, "range"),
        (["rain"], 2.5, "range"),
        (["rain", "Rain:0.5"], None, "lora_twice"),
        (["rain", "smoke", "x"], None, "lora_many"),
        ([], 0.5, "lora_strength_alone"),
    ],
)
def test_loras_that_are_not_offered_are_refused(named: list[str], strength: float | None, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        pick_loras(named, strength, TAKING, OFFERED)
    assert refused.value.code == code


def test_loras_are_refused_where_there_are_none_or_none_is_known() -> None:
    for workflow, offered, code in (
        (PLAIN, OFFERED, "unused"),
        (TAKING, [], "lora_none"),
        (TAKING, None, "lora_unknown"),
    ):
        with pytest.raises(Refusal) as refused:
            pick_loras(["rain"], None, workflow, offered)
        assert refused.value.code == code


def test_loras_of_an_older_job_must_still_be_offered() -> None:
    check_loras(["rain"], TAKING, OFFERED)
    with pytest.raises(Refusal) as refused:
        check_loras(["rain", "gone"], TAKING, OFFERED)
    assert (refused.value.code, refused.value.values["lora"]) == ("lora", "gone")


def test_a_strength_follows_the_last_colon() -> None:
    assert split_strength("a:b:-0.5") == ("a:b", -0.5)
    assert split_strength("a:b") == ("a:b", None)
    assert split_strength("a:") == ("a:", None)
    assert split_strength("a:nan") == ("a:nan", None)
    assert split_strength("a:1e9") == ("a:1e9", None)
