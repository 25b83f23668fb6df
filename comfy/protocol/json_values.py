"""Check the types of values parsed from JSON; another type raises BadAnswer, with `what` as its name."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from comfy.errors import BadAnswer


def parse_json(text: str | bytes) -> object:
    """The value in `text`; raises BadAnswer for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        raise BadAnswer(reason="it is not JSON") from err


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether `value`, which came out of JSON, is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether `value`, which came out of JSON, is an array."""
    return isinstance(value, list)


def as_mapping(value: object, what: str = "a value") -> Mapping[str, object]:
    """`value` as an object; raises BadAnswer."""
    if is_mapping(value):
        return value
    raise BadAnswer(reason=f"{what} is not an object")


def as_list(value: object, what: str = "a value") -> Sequence[object]:
    """`value` as an array; raises BadAnswer."""
    if is_list(value):
        return value
    raise BadAnswer(reason=f"{what} is not a list")


def as_text(value: object, what: str = "a value") -> str:
    """`value` as a string; raises BadAnswer."""
    if not isinstance(value, str):
        raise BadAnswer(reason=f"{what} is not a text")
    return value


def as_number(value: object, what: str = "a value") -> float:
    """`value` as a finite number; raises BadAnswer for NaN, too, which Python reads out of JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**64:
        raise BadAnswer(reason=f"{what} is not a number")
    return value
