"""The cooldown."""

from cogs.actions.cooldown import Cooldown


def test_the_same_thing_is_done_once_in_a_while() -> None:
    now = 0.0
    cooldown = Cooldown(10, clock=lambda: now)
    assert cooldown.start("a")
    now = 9.0
    assert not cooldown.start("a")
    assert cooldown.start("b")
    now = 10.0
    assert cooldown.start("a")


def test_what_came_to_nothing_may_be_tried_again() -> None:
    cooldown = Cooldown(10, clock=lambda: 0.0)
    assert cooldown.start("a")
    cooldown.reset("a")
    assert cooldown.start("a")
    cooldown.reset("never started")
