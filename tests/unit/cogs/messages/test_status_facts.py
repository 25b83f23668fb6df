"""What a status says follows from its row, and of the facts only those that are true of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import comfy
from cogs.messages.status_facts import STATE_ORDER, StatusFact, decide_status, merge_facts
from cogs.ui.texts import MIN_ETA_SECONDS, render_final_status
from storage import FINISHED, Job, State
from tests.unit.jobs.sample_jobs import job

PREVIEW = comfy.Preview(image=b"JPEG", kind="jpeg")
STOPPING = "🛑 **Stopping** …"
STATES = st.sampled_from(State)
EPOCHS = st.integers(0, 2)
FACTS = st.builds(
    StatusFact, state=STATES, epoch=EPOCHS, text=st.sampled_from(["", "a", "b"]), preview=st.none()
)


def row(state: State, epoch: int = 1, *, cancel_requested: bool = False) -> Job:
    """A row as it is read at an edit."""
    ended = 5.0 if state in FINISHED else None
    return replace(job(), state=state, epoch=epoch, cancel_requested=cancel_requested, finished_at=ended)


def fact_of(job: Job, text: str = "", preview: comfy.Preview | None = None) -> StatusFact:
    """A fact that was reported with this row."""
    return StatusFact(state=job.state, epoch=job.epoch, text=text, preview=preview)


def says(job: Job, fact: StatusFact | None, now: float = 0.0) -> str | None:
    """The text that is decided."""
    content = decide_status(job, fact, now)
    return content and content.text


@given(fact=FACTS, state=st.sampled_from(sorted(FINISHED)), epoch=EPOCHS, cancelled=st.booleans())
def test_a_job_that_has_ended_shows_its_end_and_nothing_else(
    fact: StatusFact, state: State, epoch: int, cancelled: bool
) -> None:
    ended = row(state, epoch, cancel_requested=cancelled)
    content = decide_status(ended, fact, 0.0)
    assert content
    assert content.final
    assert (content.text, content.preview) == (render_final_status(ended), None)


@given(fact=FACTS, state=st.sampled_from(sorted(set(State) - FINISHED)), epoch=EPOCHS)
def test_a_job_to_be_cancelled_shows_that_it_is_being_stopped(
    fact: StatusFact, state: State, epoch: int
) -> None:
    assert says(row(state, epoch, cancel_requested=True), fact) == STOPPING


@given(fact=FACTS, state=st.sampled_from(sorted(set(State) - FINISHED)), epoch=EPOCHS)
def test_no_text_is_shown_in_a_state_or_epoch_it_was_not_reported_in(
    fact: StatusFact, state: State, epoch: int
) -> None:
    said = says(row(state, epoch), fact)
    assert (said in ("a", "b")) == (fact.text != "" and (fact.state, fact.epoch) == (state, epoch))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.QUEUED, None),
        (State.CLAIMED, "Preparing"),
        (State.SUBMITTING, "Preparing"),
        (State.RUNNING, None),
        (State.DOWNLOADING, "Fetching"),
        (State.DELIVERING, "Sending"),
    ],
)
def test_without_a_true_fact_the_state_says_what_it_can(state: State, text: str | None) -> None:
    said = says(row(state), fact_of(row(State.QUEUED, epoch=0), "about 20 ahead"))
    assert said is None if text is None else text in (said or "")


def test_a_preview_goes_with_the_newest_text_of_the_same_run_and_with_no_other() -> None:
    running = row(State.RUNNING)
    step, preview = fact_of(running, "step 7"), fact_of(running, preview=PREVIEW)
    for first, second in ((step, preview), (preview, step)):
        content = decide_status(running, merge_facts(first, second), 0.0)
        assert content
        assert (content.text, content.preview) == ("step 7", PREVIEW)
    assert decide_status(running, preview, 0.0) is None
    again = fact_of(row(State.QUEUED), "again")
    assert merge_facts(preview, again) == merge_facts(again, preview) == again


@given(first=FACTS, second=FACTS)
def test_the_newer_row_wins_whichever_fact_is_reported_last(first: StatusFact, second: StatusFact) -> None:
    newer = [fact for fact in (first, second) if fact.is_older_than(second) or fact.is_older_than(first)]
    for merged in (merge_facts(first, second), merge_facts(second, first)):
        assert not merged.is_older_than(first)
        assert not merged.is_older_than(second)
    assert len(newer) <= 1


def test_within_an_epoch_a_job_that_is_queued_again_comes_after_its_run() -> None:
    assert set(STATE_ORDER) == set(State)
    assert fact_of(row(State.RUNNING)).is_older_than(fact_of(row(State.QUEUED)))
    assert fact_of(row(State.QUEUED)).is_older_than(fact_of(row(State.CLAIMED, epoch=2)))


def test_an_expected_time_is_shown_while_it_is_far_enough_away() -> None:
    running = row(State.RUNNING)
    fact = replace(fact_of(running, "13/20, ready soon"), eta=100.0, without_eta="13/20")
    early = decide_status(running, fact, 100.0 - MIN_ETA_SECONDS - 1)
    assert early
    assert (early.text, early.expires_at) == ("13/20, ready soon", 100.0 - MIN_ETA_SECONDS)
    for late in (100.0 - MIN_ETA_SECONDS, 99.0, 100.0, 101.0):
        content = decide_status(running, fact, late)
        assert content
        assert (content.text, content.expires_at) == ("13/20", None)
