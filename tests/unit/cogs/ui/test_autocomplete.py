"""Autocomplete choices: what is offered for the text typed so far."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cogs.ui.autocomplete import (
    suggest_jobs,
    suggest_loras,
    suggest_names,
    suggest_pairs,
    suggest_prompts,
    suggest_seeds,
)
from tests.unit.cogs.ui.card_samples import TEXTS
from tests.unit.jobs.lora_setup import PLAIN, TAKING
from tests.unit.jobs.sample_jobs import job


@given(st.lists(TEXTS, max_size=40), st.text(max_size=5))
def test_discord_takes_every_suggestion(prompts: list[str], typed: str) -> None:
    jobs = [replace(job(prompt=each, seed=n), id=f"{n:08x}-0000") for n, each in enumerate(prompts)]
    for offered in (
        suggest_jobs("zh-CN", jobs, typed),
        suggest_prompts(jobs, typed),
        suggest_seeds(jobs, typed),
    ):
        assert len(offered) <= 25
        assert all(1 <= len(each.name) <= 100 and len(str(each.value)) <= 100 for each in offered)


def test_a_long_prompt_is_offered_by_the_name_of_its_newest_job() -> None:
    jobs = [
        replace(job(prompt=prompt), id=f"{n:08x}")
        for n, prompt in enumerate(["x" * 101, "y", "x" * 101, "y" * 100])
    ]
    assert [each.value for each in suggest_prompts(jobs, "")] == ["#00000000", "y", "y" * 100]
    assert [each.value for each in suggest_prompts(jobs, " Y")] == ["y", "y" * 100]


def test_the_same_seed_is_offered_once() -> None:
    jobs = [job(seed=1), job(seed=2), job(seed=1)]
    assert [each.value for each in suggest_seeds(jobs, "")] == [1, 2]
    assert [each.value for each in suggest_seeds(jobs, "2 ·")] == [2]


def test_names_and_pairs_contain_what_is_typed_and_pairs_keep_what_stands_before() -> None:
    assert [each.value for each in suggest_names(["fast", "turbo"], " UR")] == ["turbo"]
    pairs = ["sampler=euler", "sampler=unipc", "loop=yes"]
    assert [each.value for each in suggest_pairs(pairs, "")] == pairs
    assert [each.value for each in suggest_pairs(pairs, "loop=yes,uni")] == ["loop=yes,sampler=unipc"]


def test_a_job_is_found_by_its_id_its_state_and_its_prompt() -> None:
    jobs = [replace(job(prompt="the cat"), id="0000000a-1"), replace(job(prompt="the dog"), id="0000000b-1")]
    assert [each.value for each in suggest_jobs("en-US", jobs, "0a")] == ["0000000a-1"]
    assert [each.value for each in suggest_jobs("en-US", jobs, "DOG")] == ["0000000b-1"]
    assert len(suggest_jobs("en-US", jobs, "")) == 2


def test_loras_contain_what_is_typed_and_a_colon_brings_their_strengths() -> None:
    def offered(typed: str) -> list[str]:
        return [each.value for each in suggest_loras("en-US", TAKING, ["rain", "Smoke"], typed)]

    assert offered("") == ["rain", "Smoke"]
    assert offered("SMO") == ["Smoke"]
    assert offered("smoke:") == [f"Smoke:{each}" for each in ("0.4", "0.6", "0.8", "0.9", "1", "1.2")]
    assert offered("rain:0.8") == ["rain:0.8"]
    assert offered("rain:0,75") == ["rain:0.75"]
    assert offered("rain:7") == []
    (none,) = suggest_loras("en-US", PLAIN, [], "")
    assert none.name.endswith(": no lora")
