"""The cards of /privacy in each language."""

import pytest
from syrupy.assertion import SnapshotAssertion

from cogs.privacy import render_forget_question, render_privacy
from storage import Retention, StoredData
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline

STORED = StoredData(jobs=12, pictures=3, clips=2)
CARDS = {
    "privacy": lambda locale: render_privacy(locale, Retention(), STORED),
    "privacy without backups": lambda locale: render_privacy(locale, Retention(backups=0, rows=0.5), STORED),
    "forget": lambda locale: render_forget_question(locale, Retention(backups=1)),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot
