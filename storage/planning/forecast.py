"""Forecast when a job starts and ends, as intervals, from the measured times of like jobs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from storage.job import FINISHED, State

DEVIATIONS = 2.0  # mean deviations to each side: about nine jobs in ten fall between


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From one Unix time to another."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When a job will start, and when its clip will be finished."""

    start: Interval
    end: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Remaining work: GPU seconds, and the sum of the squares of the jobs' mean deviations."""

    seconds: float
    variance: float


NO_WORK = Workload(seconds=0.0, variance=0.0)


def build_forecast(
    state: State, parts: Mapping[str, Workload], *, servers: int, now: float
) -> Forecast | None:
    """The intervals of a job in that state; None once its GPU work is over.

    `parts`: the job's `own` work, what servers are `busy` with, and the `line` queued before it; the latter
    two are divided by the number of servers.
    """
    if state in FINISHED or state in (State.DOWNLOADING, State.DELIVERING):
        return None
    own, busy, line = (parts.get(part, NO_WORK) for part in ("own", "busy", "line"))
    if state != State.QUEUED:
        busy = line = NO_WORK
    share = max(servers, 1)
    start = (busy.seconds + line.seconds) / share
    variance = (busy.variance + line.variance) / share**2
    return Forecast(
        start=_interval(now, start, variance),
        end=_interval(now, start + own.seconds, variance + own.variance),
    )


def _interval(now: float, seconds: float, variance: float) -> Interval:
    """Around `now + seconds`, DEVIATIONS to each side, never before now."""
    width = DEVIATIONS * sqrt(variance)
    return Interval(low=now + max(0.0, seconds - width), high=now + seconds + width)
