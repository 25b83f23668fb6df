"""Which cases of a large table the default run takes: `--long` runs all of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def one_in(number: int, cases: Iterable[Any], *, names: Sequence[str] | None = None) -> list[Any]:
    """The cases as parameters, with their names, of which only the first of each `number` runs by default.

    A case that is a tuple holds several arguments.
    """
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            id=names[at] if names else None,
            marks=pytest.mark.long if at % number else (),
        )
        for at, case in enumerate(cases)
    ]
