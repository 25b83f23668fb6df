"""Rows as both engines can store them."""

import pytest

from storage.sql.tables import Table, Value

TABLE = Table(
    name="job",
    columns=("number", "kind", "params", "seconds"),
    key=("kind", "number"),
    floats=frozenset({"seconds"}),
)


def test_the_key_of_a_row_has_the_order_of_the_key() -> None:
    assert TABLE.key_of((1, "clip", "{}", 2.0)) == ("clip", 1)


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        ("kind", "a\0b\ud800c", "abc"),
        ("kind", "\U0001f600", "\U0001f600"),
        ("kind", r"\u0000", r"\u0000"),
        ("params", r'{"prompt": "a\u0000b\ud83d\ude00"}', '{"prompt": "ab\U0001f600"}'),
        ("params", r'{"prompt": "\\u0000"}', r'{"prompt": "\\u0000"}'),
        ("params", '{"b":1,  "a":2}', '{"b":1,  "a":2}'),
        ("params", r"no json \u0000", r"no json \u0000"),
        ("seconds", 2, 2.0),
        ("seconds", None, None),
        ("number", 2**62, 2**62),
    ],
)
def test_only_what_cannot_be_stored_is_left_out(column: str, given: Value, kept: Value) -> None:
    row: dict[str, Value] = {"number": 1, "kind": "clip", "params": "{}", "seconds": 1.0}
    cleaned = dict(zip(TABLE.columns, TABLE.clean(list((row | {column: given}).values())), strict=True))
    assert cleaned[column] == kept
    assert type(cleaned[column]) is type(kept)
