"""No text of a server moves a cursor, forges a line or turns its direction."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy.errors import BadAnswer, GraphRejected, MissingModel, NodeFailed
from comfy.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, \u00e4\u6f22 \U0001f600", "plain, \u00e4\u6f22 \U0001f600"),
        ("one\r\ntwo\x0bthree\u2028four\u2029five\x85six", "one two three four five six"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link", "red link"),
        ("\x9b2Jcleared", "2Jcleared"),
        ("\u202eabc\u2066\u200b\ufeff\u00ad\U000e0041d", "abcd"),
        ("a\ud800b\ue000c\u0378d\x00e\x7ff", "abcd e f"),
        ("x" * 5000, "x" * 200),
    ],
)
def test_what_is_not_shown_is_removed(text: str, shown: str):
    assert printable(text) == shown


@given(st.text(), st.integers(1, 50))
def test_nothing_of_category_c_is_left(text: str, limit: int):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not [
        each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
    ]


EVIL = "a\x1b[2J\r\nFATAL forged\u202e"


@pytest.mark.parametrize(
    "error",
    [
        BadAnswer(reason=EVIL),
        GraphRejected(node=EVIL, class_type=EVIL, field=EVIL, reason=EVIL),
        MissingModel(node=EVIL, class_type=EVIL, field=EVIL, file=EVIL, offered=(EVIL,)),
        NodeFailed(node=EVIL, class_type=EVIL, reason=EVIL, out_of_memory=False),
    ],
)
def test_every_text_of_an_error_is_printable(error: Exception):
    texts = [
        each for value in vars(error).values() for each in (value if isinstance(value, tuple) else [value])
    ]
    assert str(error).isprintable()
    assert {text for text in texts if isinstance(text, str)} <= {"a FATAL forged", ""}
