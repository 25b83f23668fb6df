"""When a job will start and end: a range, from what jobs like those ahead have taken. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from storage.job import FINISHED, State

DEVIATIONS = 2.0  # mean deviations to each side: about nine jobs in ten fall between


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Between these Unix times."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When a job will start, and when its clip will be there."""

    start: Interval
    end: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Work that is still to do: GPU seconds, and the sum of the squares of their deviations."""

    seconds: float
    variance: float


NOTHING = Workload(seconds=0.0, variance=0.0)


def build_forecast(
    state: State, parts: Mapping[str, Workload], *, servers: int, now: float
) -> Forecast | None:
    """`own` is the job itself; what servers are `busy` with and the `line` before it are shared by them."""
    if state in FINISHED or state in (State.DOWNLOADING, State.DELIVERING):
        return None
    own, busy, line = (parts.get(part, NOTHING) for part in ("own", "busy", "line"))
    if state != State.QUEUED:
        busy = line = NOTHING
    share = max(servers, 1)
    start = (busy.seconds + line.seconds) / share
    doubt = (busy.variance + line.variance) / share**2
    return Forecast(start=_span(now, start, doubt), end=_span(now, start + own.seconds, doubt + own.variance))


def _span(now: float, seconds: float, variance: float) -> Interval:
    doubt = DEVIATIONS * sqrt(variance)
    return Interval(low=now + max(0.0, seconds - doubt), high=now + seconds + doubt)
