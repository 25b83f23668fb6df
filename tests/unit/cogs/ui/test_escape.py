"""People's words as Discord shows them: as they typed them, and nothing else."""

import re
import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cogs.ui.escape import escape, escape_code, quote

TraceFunction = Callable[[FrameType, str, object], object]

# What Discord's clients make of a text, at a place where no backslash stands before it.
INLINE = {
    "masked link": r"\[[^\]]*\]\(",
    "link": r"(?:https?|steam)://\S",
    "link in angle brackets": r"<[^: >]+:/[^ >]+>",
    "mention": r"<(?:@[!&]?|#)\d+>",
    "everyone": r"@(?:everyone|here)",
    "command": r"</[^:>]+:\d+>",
    "navigation": r"<id:\w+>",
    "timestamp": r"<t:-?\d+(?::\w)?>",
    "custom emoji": r"<a?:\w+:\d+>",
    "emoji": r":[^\s:]+:",
    "code": r"`",
    "emphasis": r"[*_]",
    "strikethrough": r"~~",
    "spoiler": r"\|\|",
}
COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in INLINE.items()}
AT_LINE_START = {
    "heading": r"#{1,3}\s",
    "list": r"(?:[-*+]|\d+\.)\s",
    "quotation": r">(?:>>)?\s",
    "subtext": r"-#\s",
}
# What Discord's servers and the search for embeds find anywhere, whatever stands before it.
ANYWHERE = re.compile(
    r"https?://|<@[!&]?\d+>|<#\d+>|@everyone|@here|</[^:]+:\d+>|<t:\d|<id:"
    r"|discord(?:(?:app)?\.com/invite|\.gg)/",
    re.IGNORECASE,
)
ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
PARTS = (
    "[a](https://evil.example) [Free Nitro](https://evil.example)",
    "[a\n](https://evil.example)",
    "[[b](http://c)](https://d)",
    "<https://e.example>",
    "discord.gg/abc",
    "DISCORD.COM/invite/abc",
    "https://discord.gg/abc",
    "<@1> <@!2> <@&3> <#4> </x:5> <id:browse> <t:6:R> <:e:7> <a:e:8> :smile:",
    "@everyone @HERE",
    "# a\n## b",
    "\n  - a\n* b\n+ c\n12. d",
    "-# small",
    "> a\n>>> b",
    "```py\nx``` `y`",
    "||hidden|| ~~gone~~ __under__ _i_ **b**",
    "\\",
    "\\\\@everyone",
    "¯\\_(ツ)_/¯",
    "漢字。",
    "\U0001f469\u200d\U0001f680",
    "<" * 9,
    "\r\n",
    " ",
    "1",
    ".",
    "-",
)
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=12).map("".join)


def shown(text: str) -> str:
    """What a person sees of a text; fails where something else than words is seen."""
    assert not ANYWHERE.search(text), text
    seen = list[str]()
    for line in text.split("\n"):
        rest = line.lstrip()
        for kind, pattern in AT_LINE_START.items():
            assert not re.match(pattern, rest), (kind, line)
        seen.append(_words(line))
    return "\n".join(seen)


def _words(line: str) -> str:
    seen, at = list[str](), 0
    while at < len(line):
        if escaped := ESCAPED.match(line, at):
            seen.append(escaped[1])
            at = escaped.end()
            continue
        for kind, pattern in COMPILED.items():
            assert not pattern.match(line, at), (kind, line[at:])
        seen.append(line[at])
        at += 1
    return "".join(seen).replace("\u200b", "")


def expected(text: str) -> str:
    return LINE_BREAK.sub("\n", re.sub("[\ud800-\udfff]", "\ufffd", text)).replace("\u200b", "")


@pytest.mark.parametrize("text", PARTS)
def test_what_somebody_typed_is_seen_as_they_typed_it_and_is_nothing_else(text: str) -> None:
    assert shown(escape(text)) == expected(text)
    assert shown(escape(f"{text} {text}")) == expected(f"{text} {text}")


@settings(deadline=None)
@given(TEXTS)
@example("<" * 300 + "*" * 1200)
def test_parts_in_any_order_stay_words(text: str) -> None:
    assert shown(escape(text)) == expected(text)


@settings(deadline=None)
@given(TEXTS)
def test_between_backticks_nothing_ends_the_code_or_is_found_in_the_raw_text(text: str) -> None:
    code = escape_code(text)
    assert not set("`\n") & set(code)
    assert not ANYWHERE.search(code)
    assert code.replace("\u200b", "") == " ".join(expected(text).replace("`", "ˋ").split())


@settings(deadline=None)
@given(TEXTS, st.integers(0, 120))
def test_a_cut_text_is_a_beginning_of_it_within_the_length(text: str, length: int) -> None:
    cut = escape(text, length)
    assert len(cut) <= length
    cut.encode()  # no lone surrogate
    if cut and cut != escape(text):
        assert cut.endswith("…")
        assert expected(text).startswith(shown(cut[:-1]))


@settings(deadline=None)
@given(TEXTS, st.integers(0, 120))
def test_a_quotation_has_a_mark_on_each_line_and_the_same_words(text: str, length: int) -> None:
    assert len(quote(text, length)) <= length
    lines = quote(text).split("\n")
    assert all(line.startswith("> ") for line in lines if text)
    if text:
        assert "\n".join(shown(line.removeprefix("> ")) for line in lines) == expected(text)


def test_plain_words_and_numbers_cost_no_characters() -> None:
    text = "A cat (grey, 3 years), which blinks slowly - then smiles! 100% + more; “yes”. 一隻貓，慢慢地。"
    assert escape(text) == text


def test_a_lone_surrogate_can_be_sent() -> None:
    assert escape("a\ud83d b") == "a\ufffd b"


@pytest.mark.parametrize("worst", ["<", "*", "\n", "]", "@", "a.", "1", " ", "\\", "漢", "[a](http://b.c)"])
def test_no_text_takes_more_steps_for_a_character_the_longer_it_is(worst: str) -> None:
    short, long = (_steps(worst * (size // len(worst))) for size in (300, 3_000))
    assert long < 11 * short


def _steps(text: str) -> int:
    """How many lines of Python quoting it takes, cut in its middle."""
    steps = 0

    def count(frame: FrameType, event: str, _: object) -> TraceFunction:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        quote(text, len(text))
    finally:
        sys.settrace(before)
    return steps


def test_what_is_not_shown_is_not_read() -> None:
    assert quote("*" * 100_000, 100).endswith("\\*…")
