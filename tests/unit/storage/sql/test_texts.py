"""Text that every database can store."""

import json

import pytest

from storage.sql.texts import encode_json, storable


@pytest.mark.parametrize(
    ("text", "stored"), [("她笑了 😀", "她笑了 😀"), ("a\0b", "ab"), ("\ud83d", ""), ("x\udc00y", "xy")]
)
def test_what_cannot_be_stored_is_left_out(text: str, stored: str) -> None:
    assert storable(text) == stored
    assert json.loads(encode_json({"a": [text]})) == {"a": [stored]}


@pytest.mark.parametrize("text", [r"\u0000", r"\\u0000", "\\", 'a"b', "\n"])
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert json.loads(encode_json(text)) == text


def test_a_backslash_before_a_nul_stays() -> None:
    assert json.loads(encode_json("\\\0")) == "\\"
