"""What people read, state by state."""

from dataclasses import replace

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st

import comfy
from cogs.i18n.catalogue import ENGLISH, LANGUAGES
from cogs.ui.escape import quote
from cogs.ui.job_buttons import final_buttons
from cogs.ui.texts import (
    MAX_ALT,
    MAX_CONTENT,
    render_advice,
    render_alt,
    render_bar,
    render_copy,
    render_event,
    render_failed,
    render_final_status,
    render_poster,
    render_reason,
    render_refusal,
    render_report,
    render_result,
    render_waiting,
    upcoming,
)
from jobs.advice import Advice
from jobs.announcer import QueuePosition, WaitReason
from jobs.errors import Refusal
from storage import Reason, State
from storage.sql.admission_rules import ADMISSION_RULES
from tests.unit.comfy.workflows.published import published
from tests.unit.jobs.sample_jobs import job

LOCALES = [*LANGUAGES, "fr"]
WORDS = st.text(min_size=1, max_size=1500)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_that_matters_has_its_words(locale: str) -> None:
    mine = job(locale=locale)
    events = [
        comfy.Queued(ahead=2),
        comfy.Started(at=0),
        comfy.Queued(ahead=0),
        *(comfy.Node(node="1", stage=stage) for stage in comfy.Stage),
        comfy.Node(node="1", stage=comfy.Stage.SAMPLING, sampling=comfy.Sampling(step=0, steps=20)),
        comfy.Sampling(step=7, steps=20),
    ]
    texts = [render_event(mine, event, finish=1_800_000_000.4) for event in events]
    assert len({text for text in texts if text}) == len(events)


def test_sampling_shows_the_step_a_bar_and_a_finish_that_ticks_by_itself() -> None:
    text = render_event(job(), comfy.Sampling(step=7, steps=20), finish=1_800_000_000.4)
    assert text == "🎨 **Sampling** ▰▰▰▱▱▱▱▱▱▱ 7/20 · probably ready <t:1800000000:R>"


def test_a_sampler_that_has_just_started_is_sampling() -> None:
    stands = comfy.Sampling(step=0, steps=20)
    assert "Sampling" in (render_event(job(), comfy.Node(node="1", stage=comfy.Stage.SAMPLING)) or "")
    text = render_event(job(), comfy.Node(node="1", stage=comfy.Stage.SAMPLING, sampling=stands))
    assert text == "🎨 **Sampling** ▱▱▱▱▱▱▱▱▱▱ 0/20"


def test_an_expected_time_that_is_over_or_about_to_be_is_not_worth_being_shown() -> None:
    assert upcoming(100.0, 80.0) == 100.0
    assert {upcoming(at, 100.0) for at in (None, 99.0, 100.0, 101.0, 103.0)} == {None}


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"frames": 81}, ["fewer seconds", "2 seconds long"]),
        ({"frames": 33}, ["fewer seconds", "one second long"]),
        ({"frames": 17}, ["a smaller size", "624×352"]),
        ({"frames": 17, "width": 320, "height": 256}, ["as small as it gets", "lighter model"]),
    ],
)
async def test_when_memory_runs_out_the_advice_is_what_the_button_does(
    params: dict[str, int], wanted: list[str]
) -> None:
    failed = replace(job(**params), state=State.FAILED, reason=Reason(code="memory", values={"node": "N"}))
    text = render_final_status(failed)
    assert all(words in text for words in wanted)
    assert "step" not in text
    buttons = [str(each) for each in ((final_buttons(failed) or ui.View()).to_components())]
    assert ("🤏" in text) == any("🤏" in each for each in buttons)


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("lost", {"attempts": 1}, "once."),
        ("lost", {"attempts": 3}, "3 times."),
        ("too_long", {"minutes": 1.0}, "1 minute "),
        ("too_long", {"minutes": 1.5}, "1.5 minutes "),
        ("too_long", {"minutes": 0.5}, "0.5 minutes "),
        ("expired", {"hours": 1}, "1 hour."),
        ("expired", {"hours": 24}, "24 hours."),
    ],
)
def test_one_and_many_in_reasons(code: str, value: dict[str, float], words: str) -> None:
    assert words in render_reason(job(), Reason(code=code, values=value))


def test_one_and_many_and_none_elsewhere() -> None:
    assert "1 step ·" in render_result(job(steps=1))
    assert "next in line" in (render_event(job(), comfy.Queued(ahead=0)) or "")
    assert "about 1 ahead" in (render_event(job(), comfy.Queued(ahead=1)) or "")
    refused = [Refusal("gpu_seconds_per_person", number=n) for n in (1, 600)]
    assert [render_refusal("en-US", each).split(" of ")[0].split("your ")[1] for each in refused] == [
        "1 GPU second",
        "600 GPU seconds",
    ]


def test_a_preview_alone_changes_no_words() -> None:
    assert render_event(job(), comfy.Preview(image=b"", kind="jpeg")) is None


@pytest.mark.parametrize(("step", "blocks"), [(0, 0), (1, 0), (10, 5), (19, 9), (20, 10)])
def test_the_bar_is_full_only_at_the_end(step: int, blocks: int) -> None:
    assert render_bar(step, 20) == "▰" * blocks + "▱" * (10 - blocks)


def test_the_result_says_everything_that_matters() -> None:
    text = render_result(job())
    for part in (
        "<@42>",
        "the cat plays",
        "`123`",
        "fast",
        "20 steps",
        "832×480",
        "5 s",
        "61.2 s GPU",
        "1a2b3c4d",
    ):
        assert part in text
    assert "AI-generated" in text


@given(prompt=WORDS, locale=st.sampled_from(LOCALES))
def test_no_prompt_makes_a_message_too_long_or_pings_anybody(prompt: str, locale: str) -> None:
    text = render_result(job(locale=locale, prompt=prompt), reencoded=True)
    assert len(text) <= MAX_CONTENT
    pings = text.replace("<@42>", "", 1)
    assert "<@4" not in pings
    assert "@everyone" not in pings
    assert "@here" not in pings


def test_a_prompt_of_1500_plain_characters_is_shown_whole() -> None:
    assert "x" * 1500 in render_result(job(prompt="x" * 1500))


def test_markdown_in_a_prompt_is_shown_and_not_obeyed() -> None:
    assert quote("**bold** `code`\n# title", 100) == "> \\*\\*bold\\*\\* \\`code\\`\n> \\# title"


def test_what_a_server_or_a_person_wrote_is_escaped_in_every_sentence() -> None:
    words = "@everyone [a](https://b.example) " + "x" * 3000
    reason = Reason(code="missing_model", values={"file": words})
    advice = [Advice(name="advice_contradiction", values={"words": words})]
    sentences = [
        render_failed(job(), reason),
        render_final_status(replace(job(), state=State.FAILED, reason=reason)),
        render_refusal("en-US", Refusal("preset", preset=words[:40], offered=words)),
        render_refusal("en-US", Refusal("not_a_number", field="seed", text=words[:20])),
        render_advice("en-US", advice),
    ]
    for text in sentences:
        assert len(text) <= MAX_CONTENT
        assert "@everyone" not in text
        assert "https://" not in text
        assert "](" not in text


def test_what_is_cut_says_so_and_leaves_no_half_escape() -> None:
    text = quote("*" * 100, 20)
    assert len(text) <= 20
    assert text.endswith("…")
    assert text.removeprefix("> ").removesuffix("…").replace("\\*", "") == ""


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_has_its_sentence(locale: str) -> None:
    codes = [key.removeprefix("reason_") for key in ENGLISH if key.startswith("reason_")]
    values = {"node": "N 1", "field": "f", "file": "m.safetensors", "attempts": 3, "minutes": 45, "hours": 24}
    values |= {"number": 2, "width": 624, "height": 352}
    for code in codes:
        text = render_failed(job(locale=locale), Reason(code=code, values=values))
        assert "{" not in text
        assert "\n" not in text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("rule", [rule.name for rule in ADMISSION_RULES] + ["blocked_words", "just_lifted"])
def test_every_rule_of_the_queue_has_its_sentence(locale: str, rule: str) -> None:
    text = render_refusal(locale, Refusal(rule, number=600.0, lifts_at=1_800_000_000.5))
    assert text.endswith("<t:1800000001:R>.") or "<t:1800000001:R>" in text
    assert "600.0" not in text


def test_the_position_in_the_queue() -> None:
    assert "next" in render_waiting(job(), QueuePosition(ahead=0))
    assert "about 3" in render_waiting(job(), QueuePosition(ahead=3))
    assert "<t:1100:R>" in render_waiting(job(), QueuePosition(ahead=2, expected_end=1100.4))


@pytest.mark.parametrize("locale", LOCALES)
def test_each_reason_to_wait_is_a_sentence_of_its_own(locale: str) -> None:
    told = [render_waiting(job(locale=locale), QueuePosition(ahead=0, reason=each)) for each in WaitReason]
    assert len({*told, render_waiting(job(locale=locale), QueuePosition(ahead=0))}) == len(WaitReason) + 1
    english = dict(zip(WaitReason, told, strict=True)) if locale == "en-US" else {}
    for reason, words in {
        WaitReason.UNREACHABLE: "not reachable",
        WaitReason.TOKEN_REFUSED: "may not use its ComfyUI",
        WaitReason.GIVING_WAY: "the owner of the GPU is using it",
        WaitReason.CANNOT_RUN: "no GPU server can make this",
    }.items():
        assert words in english.get(reason, words)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_job_that_waits_for_a_server_says_since_when_none_answers(locale: str) -> None:
    waiting = QueuePosition(ahead=0, reason=WaitReason.UNREACHABLE)
    text = render_waiting(job(locale=locale), replace(waiting, away_since=1_795_000_000.4))
    assert text.startswith(render_waiting(job(locale=locale), waiting))
    assert "<t:1795000000:f>" in text


def test_what_no_server_can_make_is_refused_with_what_can_be_had() -> None:
    refusal = Refusal("cannot_run_file", preset="turbo", instead="draft, fast")
    text = render_refusal("en-US", refusal)
    assert "**turbo**" in text
    assert "a model file that they need is missing" in text
    assert text.endswith("You can choose instead: draft, fast.")
    nothing = render_refusal("en-US", Refusal("cannot_run_node", preset="turbo", instead=""))
    assert "an extension of ComfyUI" in nothing
    assert "instead" not in nothing


def test_the_final_status_links_to_the_result_unless_only_its_person_could_follow() -> None:
    done = replace(job(), state=State.DONE, result_message=5)
    assert "channels/7/8/5" in render_final_status(done)
    assert "channels/7/8/5" in render_final_status(replace(done, result_channel=8))
    assert "direct message" in render_final_status(replace(done, result_channel=9))
    assert "Cancelled" in render_final_status(replace(job(), state=State.CANCELLED))


@given(prompt=WORDS, locale=st.sampled_from(LOCALES))
def test_no_prompt_makes_any_of_them_too_long(prompt: str, locale: str) -> None:
    mine = replace(job(locale=locale, prompt=prompt), state=State.DONE, result_message=2**63)
    for text in (
        render_result(mine, reencoded=True, joined=True),
        render_poster(mine),
        render_copy(locale, mine),
        render_report(locale, mine, 2**63),
    ):
        assert 0 < len(text) <= MAX_CONTENT


@pytest.mark.parametrize("locale", LOCALES)
def test_the_alternative_text_and_advice_fit_their_limits(locale: str) -> None:
    assert len(render_alt(job(locale=locale, prompt="x" * 1500))) == MAX_ALT
    text = render_advice(locale, [Advice(name="advice_short"), Advice(name="advice_still")])
    assert len(text.splitlines()) == 3


def test_a_result_names_only_what_counted_and_the_model_where_there_are_several() -> None:
    svd = published("ex_workflow_image_to_video")
    mine = job(prompt="", seed=None, cfg=None, shift=None)
    text = render_result(mine, workflow=svd, with_model=True)
    assert text.splitlines()[1].startswith("Stable Video Diffusion · fast · 20 steps")
    assert not {"seed", "cfg", "🔁"} & set(text.split())
    assert ">" not in text.replace("<@42>", "")
    assert render_alt(mine) == render_alt(mine, with_prompt=False)


def test_a_refusal_names_the_model_in_the_readers_language() -> None:
    refusal = Refusal("unused", name="steps", model={"en": "Film", "zh": "电影"})
    assert render_refusal("zh-CN", refusal).startswith("电影")
    assert render_refusal("en-GB", refusal).startswith("Film")


def test_a_result_names_its_loras_with_their_strengths() -> None:
    text = render_result(job(loras={"smoke_v2": 0.8, "rain": 1.0}))
    assert " · LoRA smoke\\_v2 0.8 + rain 1 · 20 steps" in text
    longest = render_result(job(prompt="x" * 1500, loras={"*" * 85: 1.0, "_" * 85: 0.5, "~" * 85: 2.0}))
    assert len(longest) <= 2000
