"""Quiet hours: over midnight, one after the other, and when clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.power.quiet_hours import QuietHours, find_zone, parse_hours

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def quiet(*texts: str) -> QuietHours:
    return QuietHours(hours=[parse_hours(each) for each in texts], zone=BERLIN)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-05-01T22:59", None),
        ("2026-05-01T23:00", "2026-05-02T07:00"),
        ("2026-05-02T03:30", "2026-05-02T07:00"),
        ("2026-05-02T07:00", None),
        ("2026-03-29T01:59", "2026-03-29T07:00"),
        ("2026-12-31T23:30", "2027-01-01T07:00"),
    ],
)
def test_a_night(now: str, until: str | None) -> None:
    assert quiet("23:00-07:00").until(at(now)) == (until and at(until))


def test_parts_that_follow_one_another_end_together() -> None:
    hours = quiet("12:00-14:00", "14:00-16:00", "20:00-24:00")
    assert hours.until(at("2026-05-01T12:30")) == at("2026-05-01T16:00")
    assert hours.until(at("2026-05-01T21:00")) == at("2026-05-02T00:00")
    assert hours.until(at("2026-05-01T17:00")) is None


def test_when_clocks_go_back_the_end_is_still_to_come() -> None:
    second = at("2026-10-25T02:10", fold=1)
    assert quiet("01:00-02:30").until(second) == at("2026-10-25T02:30", fold=1)


def test_without_hours_it_is_never_quiet() -> None:
    assert QuietHours().until(0) is None


@pytest.mark.parametrize(
    "text", ["23-7", "25:00-07:00", "23:60-07:00", "23:00-23:00", "24:00-00:00", "night"]
)
def test_what_is_no_part_of_a_day(text: str) -> None:
    with pytest.raises(ValueError, match="23:00-07:00"):
        parse_hours(text)


def test_a_zone_is_found_by_its_name() -> None:
    assert find_zone("") is None
    assert find_zone("Europe/Berlin") == BERLIN
    for name in ("Mars/Olympus", "../etc/passwd"):
        with pytest.raises(ValueError, match="no such time zone"):
            find_zone(name)
