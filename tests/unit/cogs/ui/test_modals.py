"""Forms: what stands in them, and the wish that comes back."""

from typing import Any

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from cogs.i18n.catalogue import LANGUAGES
from cogs.ui.modals import (
    MOTIONS,
    animate_modal,
    change_modal,
    extend_modal,
    parse_animation,
    parse_change,
    parse_extension,
)
from cogs.ui.submissions import ModalSubmission
from jobs.errors import Refusal
from jobs.options import MAX_PROMPT
from tests.unit.comfy.workflows.published import published
from tests.unit.jobs.sample_jobs import job


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_what_stands_in_them(locale: str, snapshot: SnapshotAssertion) -> None:
    forms = (
        change_modal(job(), locale),
        extend_modal(job(), locale),
        animate_modal(locale, "animate:", upload=True),
    )
    assert [form.to_dict() for form in forms] == snapshot


@given(prompt=st.text(min_size=1, max_size=MAX_PROMPT), negative=st.text(max_size=1000))
async def test_no_job_makes_a_form_that_discord_refuses(prompt: str, negative: str) -> None:
    for locale in LANGUAGES:
        mine = job(prompt=prompt, negative_prompt=negative)
        for form in (change_modal(mine, locale), extend_modal(mine, locale)):
            data = form.to_dict()
            assert len(data["title"]) <= 45
            assert 1 <= len(data["components"]) <= 5
            for label in data["components"]:
                assert len(label["label"]) <= 45
                field = label["component"]
                assert len(field.get("value") or "") <= field.get("max_length", 4000)


def test_a_change_is_read_with_its_numbers() -> None:
    texts = {"prompt": "it moves", "negative": "", "seconds": "3", "steps": " 12 ", "seed": ""}
    options = parse_change(ModalSubmission(custom_id="change:1", texts=texts))
    assert (options.prompt, options.negative, options.seconds, options.steps, options.seed) == (
        "it moves",
        "",
        3,
        12,
        None,
    )


@pytest.mark.parametrize("text", ["many", "1e999", "nan", "二"])
def test_what_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_extension(ModalSubmission(custom_id="extend:1", texts={"prompt": "x", "seconds": text}))
    assert caught.value == Refusal("not_a_number", field="seconds", text=text)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_motions_become_words_in_the_persons_language(locale: str) -> None:
    def options_of(*motions: str, prompt: str = "") -> str:
        submission = ModalSubmission(
            custom_id="animate:", texts={"prompt": prompt}, choices={"motion": motions}
        )
        return parse_animation(submission, locale).prompt

    text = options_of("wind", "zoom", "<@1>", prompt="my cat")
    assert text.startswith("my cat, ")
    assert text.count(",") >= 2
    assert "<@1>" not in text
    assert len({options_of(each) for each in MOTIONS}) == len(MOTIONS)


def fields(form: ui.Modal) -> dict[str, Any]:
    return {label["component"]["custom_id"]: label for label in form.to_dict()["components"]}


async def test_they_ask_only_for_what_the_workflow_has_and_name_the_span() -> None:
    wordless, ltx = published("ex_workflow_image_to_video"), published("video_ltx2_3_i2v")
    svd = job(prompt="", negative_prompt=None, frames=14, fps=6)
    assert list(fields(change_modal(svd, "en-US", wordless))) == ["steps", "seed"]
    assert list(fields(extend_modal(svd, "en-US", wordless))) == ["join"]
    change = fields(change_modal(job(steps=None), "en-US", ltx))
    assert list(change) == ["prompt", "negative", "seconds", "seed"]
    seconds = change["seconds"]
    assert (seconds["description"], seconds["component"]["placeholder"]) == ("0.3–4.8", "0.3–4.8")


async def test_a_clip_is_extended_to_a_picture_where_the_workflow_can() -> None:
    first_last = published("video_wan2_2_14B_flf2v")
    assert list(fields(extend_modal(job(), "en-US", first_last))) == ["prompt", "seconds", "end", "join"]
    panel = fields(animate_modal("en-US", "animate:", upload=True, possible_endings=frozenset({True, False})))
    assert list(panel) == ["image", "end", "motion", "prompt"]
    assert panel["end"]["component"]["required"] is False


@pytest.mark.parametrize("text", ["2.5", "2,5", " 2，5 "])
def test_seconds_have_a_decimal_comma_or_point(text: str) -> None:
    submission = ModalSubmission(custom_id="extend:1", texts={"prompt": "x", "seconds": text})
    assert parse_extension(submission).seconds == 2.5


def test_a_field_that_was_not_there_changes_nothing() -> None:
    options = parse_change(ModalSubmission(custom_id="change:1", texts={"seed": "5"}))
    assert (options.negative, options.seconds, options.steps) == (None, None, None)
