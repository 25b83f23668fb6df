"""When a GPU server is woken, freed and stopped."""

from dataclasses import replace

import pytest

from jobs.power.decision import (
    AWAY_SECONDS,
    FIRST_BACKOFF,
    LAST_BACKOFF,
    PowerAction,
    PowerFacts,
    PowerPolicy,
    backoff,
    decide,
)

POLICY = PowerPolicy(wakes=True, free_after=60, sleep_after=600)
AWAY = PowerFacts(waiting=1, away=AWAY_SECONDS)
IDLE = PowerFacts(idle=600)


def test_a_server_that_is_away_is_woken_for_a_job() -> None:
    assert decide(POLICY, AWAY) is PowerAction.WAKE


@pytest.mark.parametrize(
    "change",
    [{"waiting": 0}, {"away": AWAY_SECONDS - 1}, {"quiet": True}, {"retry_in": 0.1}],
    ids=["nobody waits", "away for a moment", "quiet hours", "failed just now"],
)
def test_a_server_is_left_asleep(change: dict[str, float]) -> None:
    assert decide(POLICY, replace(AWAY, **change)) is None  # type: ignore[arg-type]


def test_without_a_hook_nothing_is_woken_or_stopped() -> None:
    assert decide(PowerPolicy(), AWAY) is None
    assert decide(PowerPolicy(), IDLE) is None


def test_a_server_without_work_is_freed_and_later_stopped() -> None:
    assert decide(POLICY, replace(IDLE, idle=59)) is None
    assert decide(POLICY, replace(IDLE, idle=60)) is PowerAction.FREE
    assert decide(POLICY, replace(IDLE, idle=599, freed=True)) is None
    assert decide(POLICY, replace(IDLE, freed=True)) is PowerAction.SLEEP
    assert decide(POLICY, replace(IDLE, freed=True, slept=True)) is None


def test_a_server_with_a_job_before_it_is_not_stopped_but_in_quiet_hours() -> None:
    assert decide(POLICY, replace(IDLE, waiting=1)) is None
    assert decide(POLICY, replace(IDLE, waiting=1, quiet=True)) is PowerAction.SLEEP


def test_a_hook_to_stop_it_that_failed_is_tried_later() -> None:
    assert decide(POLICY, replace(IDLE, freed=True, retry_in=5)) is None


def test_the_time_between_two_tries_doubles_up_to_a_limit() -> None:
    assert [backoff(each) for each in (0, 1, 2, 3)] == [
        0,
        FIRST_BACKOFF,
        2 * FIRST_BACKOFF,
        4 * FIRST_BACKOFF,
    ]
    assert backoff(50) == LAST_BACKOFF
