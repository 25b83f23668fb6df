"""How long jobs take: the rate of the sampler, and the end that is expected."""

from jobs.pace import SamplingRate, expected_end
from storage import Forecast, Interval


def test_the_rate_is_measured_between_the_samplers_steps() -> None:
    rate = SamplingRate()
    assert rate.seconds_left(1, 20, now=100.0) is None
    assert rate.seconds_left(2, 20, now=103.0) == 54.0
    assert rate.seconds_left(20, 20, now=157.0) == 0.0


def test_a_run_that_starts_again_starts_its_rate_again() -> None:
    rate = SamplingRate()
    rate.seconds_left(5, 20, now=100.0)
    assert rate.seconds_left(1, 20, now=200.0) is None


def test_a_time_is_told_only_when_it_was_learnt() -> None:
    def end(width: float) -> float | None:
        span = Interval(low=1100 - width / 2, high=1100 + width / 2)
        return expected_end(Forecast(start=Interval(low=1000, high=1000), end=span))

    assert end(20) == 1100
    assert end(190) is None
    span = Interval(low=1050, high=1050)
    assert expected_end(Forecast(start=Interval(low=1000, high=1000), end=span), others=2) == 1150
    assert expected_end(None) is None
