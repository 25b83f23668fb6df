"""A plain spelling has a-z for whatever looks like it, and few signs between words."""

import pytest

from storage.words.lookalikes import plain_spelling, plain_spellings


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello, World", "hello world"),
        ("сорт", "copt"),
        ("Αθήνα", "aonva"),
        ("ﬁne Ⅷ ②", "fine v111 2"),
        ("Øre łódź", "ore lodz"),
        ("Ion", "1on"),
        ("child's ‘toy’", "childs toy"),
        ("脫衣，兒", "脱衣,儿"),
        ("aaaaaa   b...c", "aaa b-c"),
        ("a!b a! + c++", "a!b a c-"),
        ("a\u0301\u200b\U000e0041b", "ab"),
        ("🅰🅑🇨", "abc"),
        ("가나", "가나"),
        ("", ""),
    ],
)
def test_plain_spelling(text: str, plain: str) -> None:
    assert plain_spelling(text) == plain


def test_invisible_characters_separate_in_one_reading_and_do_not_in_the_other() -> None:
    assert plain_spellings("a\u200bb") == ["ab", "a-b"]
    assert plain_spellings("ab") == ["ab"]
    assert plain_spellings("a\U000e0062") == ["a", "a-", "ab"]


def test_every_character_has_a_plain_spelling() -> None:
    """No character raises, and what stands alone grows little."""
    assert all(len(plain_spelling(chr(each))) <= 4 for each in range(0x110000) if each % 97 == 0)
