"""The card of /history in each state and language; Discord takes the longest."""

from dataclasses import replace

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from cogs.ui.history_card import Page, render_page
from storage import Reason
from tests.unit.cogs.ui.card_samples import (
    CANCELLED,
    DONE,
    FAILED,
    LOCALES,
    LONGEST_LORAS,
    SENT_BY_DM,
    TEXTS,
    WAITING,
    check_limits,
    outline,
)
from tests.unit.jobs.sample_jobs import PARAMS

PAGES = {
    "empty": (Page(jobs=[], newer=False, older=False), []),
    "full": (Page(jobs=[WAITING, DONE, FAILED, CANCELLED, SENT_BY_DM], newer=True, older=True), [DONE.id]),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_history(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    assert outline(render_page(locale, *PAGES[name])) == snapshot


@pytest.mark.parametrize("spoiler", [True, False])
def test_the_first_picture_of_a_spoiler_is_hidden(spoiler: bool) -> None:
    job = replace(DONE, params=replace(DONE.params, spoiler=spoiler))
    card = render_page("en-US", Page(jobs=[job], newer=False, older=False), [job.id])
    [shown] = [each for each in card.walk_children() if isinstance(each, ui.Thumbnail)]
    assert shown.spoiler is spoiler


@given(TEXTS, st.integers(1, 5), st.sampled_from(LOCALES))
def test_discord_takes_the_longest_page(prompt: str, jobs: int, locale: str) -> None:
    node = Reason(code="rejected", values={"node": prompt, "field": prompt})
    params = replace(PARAMS, prompt=prompt, loras=LONGEST_LORAS)
    made = replace(FAILED, reason=node, params=params, result_message=2**63, channel_id=2**63)
    page = Page(jobs=[made] * jobs, newer=True, older=True)
    check_limits(render_page(locale, page, [made.id]))


def test_the_loras_of_a_job_are_named() -> None:
    made = replace(DONE, params=replace(DONE.params, loras={"smoke": 0.8}))
    card = render_page("en-US", Page(jobs=[made], newer=False, older=False), [])
    assert " · LoRA smoke 0.8 · " in str(outline(card))
