"""The card of /show in each state and language; Discord takes the longest."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from cogs.ui.job_card import (
    MAX_NEGATIVE_LENGTH,
    MAX_PROMPT_LENGTH,
    JobDetails,
    is_cut,
    render_details,
    render_text,
    text_name,
)
from storage import Reason, State, open_store
from tests.sampling import one_in
from tests.unit.cogs.ui.card_samples import (
    CANCELLED,
    DONE,
    FAILED,
    LOCALES,
    LONGEST_LORAS,
    RUNNING,
    SENT_BY_DM,
    STOPPING,
    TEXTS,
    WAITING,
    check_limits,
    outline,
)
from tests.unit.jobs.sample_jobs import PARAMS, job
from tests.unit.storage.old_databases import EARLIER, LARGEST_SEED, old_database

DETAILS = {
    "waiting": JobDetails(job=WAITING),
    "stopping": JobDetails(job=STOPPING, server=2),
    "done": JobDetails(
        job=DONE, server=1, parent=replace(RUNNING, result_message=4), children=[WAITING, SENT_BY_DM]
    ),
    "ends on a picture": JobDetails(job=replace(DONE, last_picture="ff")),
    "loop": JobDetails(job=replace(DONE, last_picture=DONE.picture)),
    "failed": JobDetails(job=FAILED, root=RUNNING, after=DONE),
    "cancelled and cut": JobDetails(
        job=replace(CANCELLED, params=replace(PARAMS, prompt="cat " * 400, negative_prompt=" "))
    ),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", DETAILS)
def test_the_details(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_details(locale, DETAILS[name])) == snapshot


@given(TEXTS, TEXTS, st.sampled_from(LOCALES))
def test_discord_takes_the_longest_details(prompt: str, negative: str, locale: str) -> None:
    params = replace(
        PARAMS,
        prompt=prompt,
        negative_prompt=negative[:1000],
        choices={"a": prompt},
        loras=LONGEST_LORAS,
        seed=2**64,
    )
    reason = Reason(code="rejected", values={"node": prompt, "field": prompt})
    far = replace(DONE, guild_id=2**63, channel_id=2**63, result_message=2**63, params=params)
    failed = replace(far, state=State.FAILED, reason=reason)
    details = JobDetails(job=failed, server=9, parent=far, root=far, after=far, children=[far] * 50)
    check_limits(render_details(locale, details))


def test_the_loras_of_a_job_are_shown_with_their_strengths() -> None:
    card = render_details("en-US", JobDetails(job=job(loras={"smoke": 0.8, "rain": 1.0})))
    assert "**LoRA** smoke 0.8 + rain 1" in str(outline(card))


def test_a_text_is_attached_where_the_card_cuts_it() -> None:
    assert not is_cut(
        job(prompt="a" * (MAX_PROMPT_LENGTH - 2), negative_prompt="a" * (MAX_NEGATIVE_LENGTH - 2))
    )
    assert is_cut(job(prompt="a" * (MAX_PROMPT_LENGTH + 1)))
    assert is_cut(job(negative_prompt="a" * (MAX_NEGATIVE_LENGTH + 1)))


def test_the_attachment_has_both_texts_whole() -> None:
    text = render_text("en-US", job(prompt="cat " * 400, negative_prompt="*no* " * 200))
    assert "cat " * 400 in text
    assert "*no* " * 200 in text
    assert text_name(job()).endswith(".txt")


@pytest.mark.parametrize("version", one_in(4, EARLIER))
async def test_a_job_of_an_earlier_schema_is_shown(tmp_path: Path, version: int) -> None:
    with old_database(tmp_path, version) as old:
        old.admit("first", 1)
        old.finish("first", 77)
    async with open_store(tmp_path) as store:
        job = await store.job("first")
    text = str(outline(render_details("en-US", JobDetails(job=job))))
    for shown in (str(LARGEST_SEED), "832×480", "**Steps** 20", "**Frames** 81", "/77"):
        assert shown in text
