"""In which order tests begin: those that wait, among those that compute."""

import itertools
from collections.abc import Iterator, Sequence

import pytest

WHOLE_BOTS = ("tests/e2e/", "tests/crash/")
"""Folders whose tests wait for processes, most of their time."""


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Those marked `waits` first; those of whole bots evenly among the others, between two modules.

    Each worker takes a part of the list: without this, one would have all that wait, and the last minute of
    the run nothing else.
    """
    first, waiting, others = list[pytest.Item](), list[pytest.Item](), list[pytest.Item]()
    for item in items:
        if item.get_closest_marker("waits"):
            first.append(item)
        else:
            (waiting if item.nodeid.startswith(WHOLE_BOTS) else others).append(item)
    return [*first, *_spread(waiting, others)]


def _spread(few: Sequence[pytest.Item], many: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """The few evenly among the modules of the many."""
    given, passed = 0, 0
    for _, module in itertools.groupby(many, key=lambda item: item.location[0]):
        due = len(few) * passed // len(many)
        yield from few[given:due]
        given = due
        for item in module:
            passed += 1
            yield item
    yield from few[given:]
