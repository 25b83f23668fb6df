"""From what a person chose to the parameters of a job."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import comfy
from jobs.errors import Refusal
from jobs.offers import offered_models, parse_choices, pick_presets
from jobs.options import (
    Aspect,
    Options,
    build_params,
    change_params,
    fields_left_open,
    other_seed,
    settle_params,
)
from jobs.reduction import reduced
from storage import Params
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS

ALL = frozenset(WORKFLOWS)
SMALL = frozenset({"wan21_i2v"})
SIZES = [(832, 480), (480, 832), (624, 624), (720, 544), (544, 720)]


def presets(runnable: frozenset[str]) -> Mapping[str, comfy.Workflow]:
    """What is offered to who names no model."""
    return pick_presets(offered_models(WORKFLOWS, runnable), None)


def check_and_build(options: Options) -> Params:
    """As a job is admitted."""
    options.check()
    return build_params(options, (1, 1), presets(ALL))


def test_turbo_is_the_default_where_it_can_be_had_else_fast() -> None:
    best = build_params(Options(prompt="go"), (800, 500), presets(ALL))
    assert (best.preset, best.steps, best.cfg, best.shift) == ("turbo", 4, 1.0, 5.0)
    plain = build_params(Options(prompt="go"), (800, 500), presets(SMALL))
    assert (plain.preset, plain.steps, plain.cfg, plain.shift) == ("fast", 20, 6.0, 5.0)


@pytest.mark.parametrize(("preset", "steps"), [("draft", 10), ("fast", 20), ("quality", 28)])
def test_the_presets(preset: str, steps: int) -> None:
    params = build_params(Options(prompt="go", preset=preset), (1, 1), presets(ALL))
    assert (params.steps, params.cfg, params.shift) == (steps, 6.0, 5.0)


def test_what_was_left_open_is_settled_by_what_is_there() -> None:
    options = Options(prompt="go", cfg=2.5)
    guess = replace(build_params(options, (1, 1), presets(ALL)), left_open=fields_left_open(options))
    left_open = ("workflow", "preset", "model", "negative", "seconds", "steps", "shift", "denoise")
    assert (guess.preset, guess.left_open) == ("turbo", left_open)
    settled = settle_params(guess, presets(SMALL))
    assert (settled.workflow, settled.preset, settled.left_open) == ("wan21_i2v", "fast", ())
    assert (settled.steps, settled.cfg, settled.shift) == (20, 2.5, 5.0)
    assert (settled.seed, settled.prompt) == (guess.seed, "go")


@pytest.mark.parametrize(("seconds", "frames"), [(1, 17), (2, 33), (3, 49), (4, 65), (5, 81), (None, 81)])
def test_seconds_become_4n_plus_1_frames_at_16_a_second(seconds: int | None, frames: int) -> None:
    params = build_params(Options(prompt="go", seconds=seconds), (1, 1), presets(ALL))
    assert (params.frames, params.fps) == (frames, 16)
    assert params.frames % 4 == 1
    assert params.seconds == (seconds or 5)


@given(
    width=st.integers(1, 20000),
    height=st.integers(1, 20000),
    aspect=st.sampled_from(Aspect),
)
def test_every_size_is_one_the_model_knows(width: int, height: int, aspect: Aspect) -> None:
    params = build_params(Options(prompt="go", aspect=aspect), (width, height), presets(ALL))
    assert params.width
    assert params.height
    assert params.width % 16 == params.height % 16 == 0
    assert 380_000 <= params.width * params.height <= 410_000


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (Options(prompt="  "), "prompt_empty"),
        (Options(prompt="x" * 1501), "prompt_long"),
        (Options(prompt="go", negative="x" * 1001), "prompt_long"),
        (Options(prompt="go", seconds=6), "range"),
        (Options(prompt="go", seed=2**32), "range"),
        (Options(prompt="go", steps=0), "range"),
        (Options(prompt="go", cfg=12.5), "range"),
        (Options(prompt="go", shift=-1), "range"),
        (Options(prompt="go", denoise=0.05), "range"),
        (Options(prompt="go", preset="cinema"), "preset"),
    ],
)
def test_what_discord_would_not_send_is_refused_again(options: Options, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_and_build(options)
    assert refusal.value.code == code


def test_an_explicit_zero_is_kept_and_an_empty_negative_prompt_too() -> None:
    options = Options(prompt="go", seed=0, shift=0.0, negative="")
    params = build_params(options, (1, 1), presets(ALL))
    assert (params.seed, params.shift, params.negative_prompt) == (0, 0.0, "")


@given(seed=st.integers(0, comfy.MAX_SEED))
def test_a_reroll_never_rolls_the_same_seed(seed: int) -> None:
    assert 0 <= other_seed(seed, None) <= comfy.MAX_SEED
    assert other_seed(seed, None) != seed


def test_the_workflows_of_one_family_are_one_model() -> None:
    assert list(offered_models(WORKFLOWS, ALL)) == ["wan21_i2v"]


def test_a_model_or_a_choice_that_is_not_offered_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        pick_presets(offered_models(WORKFLOWS, ALL), "sora")
    assert refusal.value.code == "model"
    with pytest.raises(Refusal) as refusal:
        parse_choices("pingpong=up", {})
    assert refusal.value.code == "choice"
    assert parse_choices(None, {}) == parse_choices(" , ", {}) == {}


def test_a_change_keeps_what_it_does_not_name() -> None:
    was = PARAMS
    changed = change_params(was, Options(prompt="  other ", seconds=2, seed=9), None)
    assert changed == replace(was, prompt="other", frames=33, seed=9)
    with pytest.raises(Refusal):
        change_params(was, Options(prompt="other", steps=99), WORKFLOWS["wan21_i2v"])


def test_smaller_is_fewer_frames_and_then_a_smaller_size_until_there_is_little_left() -> None:
    seen: list[tuple[int | None, int | None, int | None]] = []
    params: Params | None = PARAMS
    while params:
        seen.append((params.frames, params.width, params.height))
        assert params.steps == PARAMS.steps  # they change no memory
        params = reduced(params)
    assert seen == [(81, 832, 480), (33, 832, 480), (17, 832, 480), (17, 624, 352), (17, 464, 256)]


@pytest.mark.parametrize("size", SIZES)
def test_a_smaller_size_suits_the_model_and_keeps_the_shape(size: tuple[int, int]) -> None:
    width, height = size
    smaller = reduced(replace(PARAMS, frames=17, width=width, height=height))
    assert smaller
    assert smaller.width
    assert smaller.height
    assert smaller.width % 16 == smaller.height % 16 == 0
    assert smaller.width * smaller.height < 0.6 * width * height
    assert smaller.width / smaller.height == pytest.approx(width / height, rel=0.05)


def test_a_clip_that_is_joined_to_another_keeps_its_size() -> None:
    joined = replace(PARAMS, after="before")
    assert reduced(joined) == replace(joined, frames=33)
    assert reduced(replace(joined, frames=17)) is None


@given(seed=st.integers(0, 9))
def test_a_seed_is_drawn_from_those_that_the_workflow_takes(seed: int) -> None:
    plain = WORKFLOWS["wan21_i2v"]
    rules = replace(plain.rules, ranges={**plain.rules.ranges, "seed": comfy.Range(least=3, most=9)})
    narrow = replace(plain, rules=rules)
    assert build_params(Options(prompt="go", preset="fast"), (1, 1), {"fast": narrow}).seed in range(3, 10)
    assert other_seed(seed, narrow) in {*range(3, 10)} - {seed}
