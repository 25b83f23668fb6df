"""The card of /rules in each language."""

import pytest
from syrupy.assertion import SnapshotAssertion

from cogs.guild_rules import render_guild_settings
from storage import GuildSettings
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline

CARDS = {
    "rules": lambda locale: render_guild_settings(
        locale, GuildSettings(report_channel=5, pictures_of_others=True)
    ),
    "rules by default": lambda locale: render_guild_settings(locale, GuildSettings()),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot
