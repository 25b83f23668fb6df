"""The hours of a day in which no job is started. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOURS = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～]\s*(\d{1,2})[:：](\d{2})")
MINUTES_PER_DAY = 24 * 60


def parse_hours(text: str) -> tuple[int, int]:
    """`23:00-07:00` as two minutes of the day. Raises ValueError."""
    match = HOURS.fullmatch(text.strip())
    numbers = [int(each) for each in match.groups()] if match else []
    if not numbers or max(numbers[0], numbers[2]) > 24 or max(numbers[1], numbers[3]) > 59:
        raise ValueError(f"{text[:80]}: write from when to when, such as 23:00-07:00")
    begin, end = (numbers[at] * 60 + numbers[at + 1] for at in (0, 2))
    if max(begin, end) > MINUTES_PER_DAY or begin % MINUTES_PER_DAY == end % MINUTES_PER_DAY:
        raise ValueError(f"{text[:80]}: that is no part of a day: write one such as 23:00-07:00")
    return begin % MINUTES_PER_DAY, end % MINUTES_PER_DAY


def find_zone(name: str) -> tzinfo | None:
    """The time zone of that IANA name; None, the machine's own, without one. Raises ValueError."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise ValueError(
            f"{name[:80]}: there is no such time zone here: write one such as Europe/Berlin "
            "(on Windows: pip install tzdata), or leave it away"
        ) from err


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Parts of each day, as minutes of the day in `zone`; None is the machine's own time."""

    hours: Sequence[tuple[int, int]] = ()
    zone: tzinfo | None = None

    def until(self, now: float) -> float | None:
        """The Unix time at which the quiet hours of `now` (Unix time) end; None where it is in none."""
        end = None
        for _ in range(len(self.hours) + 1):  # one part may follow another at once
            following = self._end_after(end or now)
            if following is None:
                return end
            end = following
        return end

    def _end_after(self, now: float) -> float | None:
        local = datetime.fromtimestamp(now, self.zone)
        minute = local.hour * 60 + local.minute
        for begin, end in self.hours:
            if begin <= minute < end or (begin > end and not end <= minute < begin):
                return _time_of(local, end, after=now)
        return None


def _time_of(local: datetime, minute: int, *, after: float) -> float:
    """The first Unix time after `after` at which it is that minute of the day, of this day or the next."""
    for day in (0, 1):
        at = (local + timedelta(days=day)).replace(
            hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0
        )
        for fold in (0, 1):  # when clocks go back there is such a minute twice
            if (found := at.replace(fold=fold).timestamp()) > after:
                return found
    raise AssertionError("the next day is after this one")
