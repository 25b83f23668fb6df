"""Times as people type them: `2h`, `18:00`, `2026-11-27`, ISO 8601; and as they are shown. Pure."""

import re
from datetime import UTC, datetime, timedelta

from cli.errors import CommandFailed
from cogs.runtime.setting_values import shown

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s{0,3}([smhdw])")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
LONGEST = 10 * 366 * 86400.0  # seconds from now
HOW = "write how long (90m, 2h, 1d12h), a time of day (18:00) or a date (2026-11-27 18:00)"


def read_until(text: str, now: float) -> float:
    """The Unix time that a text names; without a zone it is that of this machine.

    A time of day is the next one. Raises CommandFailed for what is no time, is over, or is years away.
    """
    cleaned = text.strip().lower().replace("：", ":")
    try:
        at = _duration(cleaned, now) or _time_of_day(cleaned, now) or _date(text.strip().replace("：", ":"))
    except (ValueError, OverflowError, OSError) as err:
        raise CommandFailed(f"{shown(text)} is no time: {HOW}", 2) from err
    if at <= now:
        raise CommandFailed(f"{shown(text)} is over already ({show_time(at)}): {HOW}", 2)
    if at - now > LONGEST:
        raise CommandFailed(f"{shown(text)} is too far away: leave it out for a time without an end", 2)
    return at


def _duration(text: str, now: float) -> float | None:
    """`now` and so long, for parts such as `1d12h`; None where it is written otherwise."""
    text = text.removeprefix("+").strip()
    if not text or PART.sub("", text).strip():
        return None
    return now + sum(float(number) * UNITS[unit] for number, unit in PART.findall(text))


def _time_of_day(text: str, now: float) -> float | None:
    """The next time at which a clock here shows this."""
    clock = CLOCK.fullmatch(text)
    if clock is None:
        return None
    today = datetime.fromtimestamp(now).replace(second=0, microsecond=0)  # noqa: DTZ006 - of this machine's zone
    at = today.replace(hour=int(clock[1]), minute=int(clock[2]))
    return (at if at.timestamp() > now else at + timedelta(days=1)).timestamp()


def _date(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def show_time(at: float) -> str:
    """A Unix time in the zone of this machine."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z").strip()


def show_until(until: float | None) -> str:
    """Until when, in words; None: without an end."""
    return f"until {show_time(until)}" if until is not None else "without an end"


def iso(at: float | None) -> str | None:
    """A Unix time as `--json` shows it: ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
