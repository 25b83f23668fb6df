"""Parse JSON, and check the types of its values; another type raises BadAnswer, with `what` as its name."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from json.decoder import JSONArray, JSONObject  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from typing import TypeGuard, cast

from comfy.errors import BadAnswer
from comfy.printable import printable

MAX_DEPTH = 100  # compared or printed, a deeper value would exhaust the stack
MAX_VALUES = 250_000  # a value takes up to 150 bytes
MAX_INLINE_BYTES = 64 * 2**10  # parsed within some milliseconds whatever it holds
COUNTED_BYTES = 256 * 2**10  # at once
CONTAINERS = (dict, list)  # what objects and arrays are parsed into
Container = dict[str, object] | list[object]
PIECE_LENGTH = 4096  # characters that the scanner in C parses at once
MAX_TEXT_LENGTH = 4096  # characters


def parse_json(text: str | bytes) -> object:
    """The value in `text`, which is short; raises BadAnswer for what is no JSON, and for one too deep."""
    return _decode(json.JSONDecoder(), text)


async def parse_large_json(body: bytes) -> object:
    """The value in `body`: a large one is parsed in a thread. Raises BadAnswer."""
    if len(body) <= MAX_INLINE_BYTES:
        return parse_json(body)
    return await asyncio.to_thread(_parse_in_pieces, body)


def _parse_in_pieces(body: bytes) -> object:
    """Parse with pauses: the scanner in C holds the interpreter's lock, and so the event loop, to its end."""
    values, view = 0, memoryview(body)
    for start in range(0, len(body), COUNTED_BYTES):  # one count of it all would hold the lock, too
        piece = bytes(view[start : start + COUNTED_BYTES])
        values += sum(map(piece.count, (b",", b"[", b"{")))
        if values > MAX_VALUES:
            raise BadAnswer(reason="it holds too many values")
    decoder = json.JSONDecoder()
    decoder.scan_once = _scanner_of_pieces(decoder.scan_once)  # type: ignore[attr-defined]
    return _decode(decoder, body)


Scanner = Callable[[str, int], tuple[object, int]]
"""Parses the value at this index of the text; returns it, and the index after it."""


def _scanner_of_pieces(scan_in_c: Scanner) -> Scanner:
    """A scanner that walks through long objects and arrays in Python, and through all others in C."""
    keys: dict[str, str] = {}

    def scan(text: str, index: int) -> tuple[object, int]:
        first = text[index : index + 1]
        if first not in ("{", "["):
            return scan_in_c(text, index)
        try:
            value, end = scan_in_c(text[index : index + PIECE_LENGTH], 0)
        except (StopIteration, ValueError):  # it is longer, or no JSON
            if first == "[":
                return cast("tuple[object, int]", JSONArray((text, index + 1), scan))
            start = (text, index + 1)
            return cast("tuple[object, int]", JSONObject(start, True, scan, None, None, keys))
        return value, index + end

    return scan


def _decode(decoder: json.JSONDecoder, text: str | bytes) -> object:
    try:
        value: object = decoder.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError) as err:
        raise BadAnswer(reason="it is not JSON") from err
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [cast("Container", value)] if type(value) in CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            cast("Container", inner)
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if type(inner) in CONTAINERS
        ]
        if not level:
            return
    raise BadAnswer(reason="it is nested too deeply")


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
    """`value` as a string, as the server sent it; raises BadAnswer, also for one that is too long."""
    if not isinstance(value, str):
        raise BadAnswer(reason=f"{what} is not a text")
    if len(value) > MAX_TEXT_LENGTH:
        raise BadAnswer(reason=f"{what} is too long")
    return value


def as_printable(value: object) -> str:
    """`value` as text for people, "" where it is none: see `printable`."""
    return printable(value) if isinstance(value, str) else ""


def as_number(value: object, what: str = "a value") -> float:
    """`value` as a finite number; raises BadAnswer for NaN, too, which Python reads out of JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**64:
        raise BadAnswer(reason=f"{what} is not a number")
    return value
