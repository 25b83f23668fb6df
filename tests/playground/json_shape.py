"""The shape of JSON: keys and types, with ids and node numbers levelled, to hold against recordings."""

import re
from collections.abc import Mapping
from typing import Any

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_THE_GRAPH = ("prompt", "current_inputs", "extra_pnginfo")  # as different as the graphs are


def shape(value: Any) -> Any:
    """Dictionaries keep their keys, lists the different shapes in them, the rest becomes its type."""
    match value:
        case bool() | None:
            return type(value).__name__
        case int() | float():
            return "number"
        case str():
            return "text"
        case Mapping():
            return {_level(key): _shape_of(key, item) for key, item in value.items()}
        case _:
            shapes = [shape(item) for item in value]
            return [item for index, item in enumerate(shapes) if item not in shapes[:index]]


def _shape_of(key: str, value: Any) -> Any:
    if key in ("executed", "nodes") and isinstance(value, list):
        return "node ids"
    if key == "prompt" and isinstance(value, list):
        return [shape(value[0]), "text", "graph", shape(value[3]), shape(value[4])]
    return "any" if key in _OF_THE_GRAPH else shape(value)


def _level(key: str) -> str:
    if _ID.fullmatch(key):
        return "<id>"
    return "<node>" if key.isdigit() else key
