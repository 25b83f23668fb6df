"""The buttons under a job's messages."""

import pytest
from syrupy.assertion import SnapshotAssertion

from cogs.job_buttons import render_delete_question
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline
from tests.unit.jobs.sample_jobs import JOB

CARDS = {"delete": lambda locale: render_delete_question(locale, JOB)}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot
