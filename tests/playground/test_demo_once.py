"""What `demo --once` prints: no time stamp as Discord's clients get it."""

import time

import pytest

from playground.demo_once import readable_times


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("ready <t:1040:R>", "ready in 40 s"),
        ("ready <t:1600:R>, asked <t:880:R>", "ready in 10 min, asked 2 min ago"),
        ("nothing <t:x:R> <t:1>2>", "nothing <t:x:R> <t:1>2>"),
    ],
)
def test_times_from_now_are_words(text: str, printed: str) -> None:
    assert readable_times(text, now=1000.0) == printed.replace("<t:1>2>", time_of(1) + "2>")


def test_other_times_are_those_of_this_machine() -> None:
    assert (
        readable_times("until <t:86400:f>, <t:86400:t>") == f"until {time_of(86400)}, {time_of(86400)[-5:]}"
    )


def time_of(stamp: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(stamp))
