"""What the worker and statuses read of the power manager."""

from jobs.power.quiet_hours import QuietHours
from jobs.power.state import PowerState


def test_no_job_is_started_in_quiet_hours_or_while_a_server_is_stopped() -> None:
    assert PowerState().may_claim("a")
    always = QuietHours(hours=[(0, 720), (720, 0)])
    assert not PowerState(quiet=always).may_claim("a")
    state = PowerState(stopping={"a"})
    assert [state.may_claim(each) for each in ("a", "b")] == [False, True]


def test_the_server_that_is_awake_first_counts() -> None:
    assert PowerState().wake_seconds() is None
    assert PowerState(waking={"a": 300, "b": 120}).wake_seconds() == 120
