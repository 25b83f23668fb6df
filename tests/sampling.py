"""How much the default run takes of what is many alike: `--long` runs all of it."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

LONG = "TEST_LONG"
"""The variable that a long run sets for all of its processes."""
EXAMPLES = 30  # of a property; in a long run Hypothesis's own number


def one_in(number: int, cases: Iterable[Any], *, names: Sequence[str] | None = None) -> list[Any]:
    """The cases as parameters, with their names: the first of each `number`, in a long run all.

    A case that is a tuple holds several arguments.
    """
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), id=names[at] if names else None)
        for at, case in enumerate(cases)
        if at % number == 0 or LONG in os.environ
    ]
