"""What several cards show of a job."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cogs.ui.cards import (
    escape,
    result_link,
    truncate,
)
from tests.unit.cogs.ui.card_samples import (
    DONE,
    RUNNING,
    SENT_BY_DM,
    TEXTS,
)


def test_only_what_all_can_see_is_linked() -> None:
    assert result_link(DONE) == "https://discord.com/channels/7/8/5"
    assert result_link(replace(DONE, result_channel=8)) == result_link(DONE)
    assert result_link(SENT_BY_DM) is None
    assert result_link(RUNNING) is None


@given(TEXTS, st.integers(1, 200))
def test_first_words_are_one_line_and_no_longer_than_asked(text: str, room: int) -> None:
    words = truncate(text, room)
    assert len(words) <= room
    assert "\n" not in words
    assert len(escape(words)) <= 2 * len(words) + words.count("@")
