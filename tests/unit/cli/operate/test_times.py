"""Times as people type them, in the zone of the machine."""

import time
from collections.abc import Generator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cli.errors import CommandFailed
from cli.operate.times import iso, read_until, show_time, show_until

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 17, 30, 20, tzinfo=ZONE).timestamp()


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process can be set on POSIX only")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=ZONE).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", NOW + 7200),
        ("90m", NOW + 5400),
        ("1d12h", NOW + 36 * 3600),
        (" 1 H 30 M ", NOW + 5400),
        ("1.5h", NOW + 5400),
        ("+45s", NOW + 45),
        ("1w", NOW + 7 * 86400),
        ("18:00", at(2026, 11, 26, 18)),
        ("18：00", at(2026, 11, 26, 18)),
        ("17:30", at(2026, 11, 27, 17, 30)),
        ("9:05", at(2026, 11, 27, 9, 5)),
        ("2026-11-27", at(2026, 11, 27)),
        ("2026-11-27 18:00", at(2026, 11, 27, 18)),
        ("2026-11-26T18:00Z", at(2026, 11, 26, 19)),
        ("2026-11-26T18:00+08:00", None),
        ("2026-11-27T18:00+08:00", at(2026, 11, 27, 11)),
    ],
)
def test_a_time_is_read(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(CommandFailed, match="is over already"):
            read_until(text, NOW)
    else:
        assert read_until(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "soon", "h", "2", "25:00", "18:60", "0m", "-2h", "2h soon", "1e5h", "2y", "🕕"),
        *("2026-13-01", "2020-01-01", "999999999w", "9999-12-31", "0001-01-01"),
    ],
)
def test_what_is_no_time_or_over_or_never_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(CommandFailed) as refused:
        read_until(text, NOW)
    assert refused.value.code == 2
    assert "\n" not in str(refused.value)


def test_a_time_of_day_is_right_over_a_change_of_the_clock() -> None:
    evening = datetime(2026, 10, 24, 20, 0, tzinfo=ZONE).timestamp()
    assert read_until("19:00", evening) == at(2026, 10, 25, 19)


def test_times_are_shown_in_the_zone_of_the_machine() -> None:
    assert show_time(NOW) == "2026-11-26 17:30 CET"
    assert (show_until(None), show_until(NOW)) == ("without an end", "until 2026-11-26 17:30 CET")
    assert (iso(NOW), iso(None)) == ("2026-11-26T16:30:20+00:00", None)
