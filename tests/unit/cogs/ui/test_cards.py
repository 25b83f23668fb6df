"""What several cards show of a job."""

from dataclasses import replace

from discord import ui
from hypothesis import given
from hypothesis import strategies as st

from cogs.ui.cards import (
    DEFAULT_COLOUR,
    JobEntry,
    build_card,
    describe_link,
    describe_outcome,
    describe_position,
    describe_state,
    result_link,
    truncate,
)
from cogs.ui.escape import escape
from storage.queries import MAX_COUNTED_AHEAD
from tests.unit.cogs.ui.card_samples import (
    CANCELLED,
    DONE,
    FAILED,
    RUNNING,
    SENT_BY_DM,
    STOPPING,
    TEXTS,
    WAITING,
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


def test_a_position_has_a_state_a_place_and_a_time_as_far_as_they_are_known() -> None:
    assert len(describe_position("en-US", JobEntry(job=RUNNING))) == 1
    state, place = describe_position("en-US", JobEntry(job=WAITING, ahead=2))
    assert "3" in place
    assert (
        describe_position("en-US", JobEntry(job=WAITING, ahead=MAX_COUNTED_AHEAD))[1].count(
            f"{MAX_COUNTED_AHEAD}+"
        )
        == 1
    )
    assert "<t:1800000000:" in describe_position("en-US", JobEntry(job=RUNNING, ready=1_800_000_000.4))[1]
    assert describe_state("en-US", WAITING) == state
    assert describe_state("en-US", STOPPING) != describe_state("en-US", RUNNING)


def test_an_outcome_has_its_reason_where_there_is_one() -> None:
    assert "out of memory" in describe_outcome("en-US", FAILED)
    assert describe_outcome("en-US", CANCELLED) != describe_state("en-US", CANCELLED)
    assert describe_outcome("en-US", DONE) == describe_state("en-US", DONE)


def test_a_card_is_persistent_and_links_to_the_clip_in_words() -> None:
    card = build_card(DEFAULT_COLOUR, ui.TextDisplay("hello"))
    assert card.timeout is None
    assert card.content_length() == 5
    link = describe_link("en-US", DONE)
    assert link
    assert link.endswith(f"({result_link(DONE)})")
    assert describe_link("en-US", RUNNING) is None
