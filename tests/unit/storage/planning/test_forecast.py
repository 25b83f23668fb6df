"""Forecasts as arithmetic on the work of a job and of those before it."""

import pytest

from storage.job import State
from storage.planning.forecast import Interval, Workload, build_forecast

PARTS = {
    "own": Workload(seconds=60.0, variance=9.0),
    "busy": Workload(seconds=40.0, variance=16.0),
    "line": Workload(seconds=20.0, variance=0.0),
}


def test_a_queued_job_starts_when_the_work_before_it_is_done() -> None:
    forecast = build_forecast(State.QUEUED, PARTS, servers=1, now=1000.0)
    assert forecast
    assert forecast.start == Interval(low=1060.0 - 8, high=1060.0 + 8)
    assert forecast.end == Interval(low=1120.0 - 10, high=1120.0 + 10)


def test_servers_share_the_work_before_a_job_but_not_its_own() -> None:
    forecast = build_forecast(State.QUEUED, PARTS, servers=2, now=0.0)
    assert forecast
    assert (forecast.start.low + forecast.start.high) / 2 == 30.0
    assert (forecast.end.low + forecast.end.high) / 2 == 90.0
    assert build_forecast(State.QUEUED, PARTS, servers=0, now=0.0) == build_forecast(
        State.QUEUED, PARTS, servers=1, now=0.0
    )


def test_a_running_job_has_no_work_before_it_and_no_time_is_before_now() -> None:
    parts = PARTS | {"own": Workload(seconds=2.0, variance=9.0)}
    forecast = build_forecast(State.RUNNING, parts, servers=1, now=500.0)
    assert forecast
    assert forecast.start == Interval(low=500.0, high=500.0)
    assert forecast.end == Interval(low=500.0, high=508.0)


@pytest.mark.parametrize("state", [State.DOWNLOADING, State.DELIVERING, State.DONE, State.FAILED])
def test_a_job_whose_gpu_work_is_over_has_no_forecast(state: State) -> None:
    assert build_forecast(state, PARTS, servers=1, now=0.0) is None
