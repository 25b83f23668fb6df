"""Reading JSON of unknown shape: each reader gives a value of its type, or that type's nothing."""

from collections.abc import Mapping, Sequence
from typing import cast

Json = Mapping[str, object]


def as_object(value: object) -> Json:
    """The value if it is a mapping, else an empty one."""
    return cast(Json, value) if isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[object]:
    """The value if it is a list or tuple, else an empty one."""
    return cast(Sequence[object], value) if isinstance(value, list | tuple) else ()


def as_objects(value: object) -> list[Json]:
    """The entries of a list, each as an object."""
    return [as_object(item) for item in as_list(value)]


def as_text(value: object) -> str:
    """The value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def as_int(value: object) -> int:
    """The value as an integer if it is a number, else 0."""
    return int(value) if isinstance(value, int | float) else 0


def as_id(value: object) -> int | None:
    """A snowflake, which Discord takes as a string or an integer."""
    return int(value) if isinstance(value, str | int) and str(value).isdecimal() else None
