"""Escapes people's words for Discord's Markdown, in time linear in what is shown. Pure.

What is escaped shows as it was typed and is nothing else: no link (masked, bare, in angle brackets), invite,
mention, command, timestamp, emoji, heading, list, quotation, code, spoiler or subtext. Discord counts code
points (discord-api-docs, issue 1315), as `len` does.
"""

import re
from collections.abc import Iterator

ELLIPSIS = "…"
LINE_PREFIX = "> "
ZERO_WIDTH_SPACE = "\u200b"
BLANK = f"\n\t{LINE_PREFIX}"  # what whitespace and line breaks consist of, also in a quotation
INDIVISIBLE = ("\\", "\n", "@")  # how pieces begin that are no part of a text if they are divided

# Discord's Markdown takes a backslash before any character that is no letter, digit or space. Mentions, links
# and invites are also looked for in the raw text: a backslash stands within each ("@everyone" has no place).
_TOKEN = re.compile(
    r"(?P<newline>\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029])"
    r"|(?P<surrogate>[\ud800-\udfff])"
    r"|(?P<everyone>@(?=everyone|here))"
    r"|(?P<mark>[\\*_~|`<>\[\]]|@(?=[!&\d])|(?<=<)#|:(?=\S)|(?<=\])\(|(?<=discord)\.|(?<=discordapp)\.)"
    r"|(?P<bullet>[-+#])"
    r"|(?P<digit>\d)"
    r"|(?P<dot>\.)"
    r"|(?P<space>\s)"
    r"|(?P<run>[^\W\d_]{1,64}|[^\x00-\x7f\s\ud800-\udfff]{1,64})"
    r"|(?P<other>.)",
    re.IGNORECASE,
)

_IN_CODE = {ord("`"): "ˋ"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_IN_RAW_TEXT = re.compile(r"(?<=[@<:\]])(?=\S)|(?<=discord\.)|(?<=discordapp\.)", re.IGNORECASE)


def escape(text: str, max_length: int | None = None) -> str:
    """A person's text with all that Discord would render escaped; at most `max_length` characters.

    What is cut ends with "…", and never within an escape. Lone surrogates become U+FFFD.
    """
    return _join(_pieces(text, "\n"), max_length)


def quote(text: str, max_length: int | None = None) -> str:
    """A person's text, escaped, as a quotation of at most `max_length` characters; "" where nothing fits."""
    left = None if max_length is None else max_length - len(LINE_PREFIX)
    words = _join(_pieces(text, f"\n{LINE_PREFIX}"), left)
    return LINE_PREFIX + words if words else ""


def escape_code(text: str) -> str:
    """A person's text for a place between backticks, where a backslash would be seen.

    Its own backticks become ˋ, line breaks spaces, and what is looked for in the raw text is divided.
    """
    return _IN_RAW_TEXT.sub(ZERO_WIDTH_SPACE, " ".join(text.split()).translate(_IN_CODE))


def _join(pieces: Iterator[str], max_length: int | None) -> str:
    """The pieces as one text; reads no further than the first one that does not fit."""
    kept, length = list[str](), 0
    for piece in pieces:
        length += len(piece)
        kept.append(piece)
        if max_length is not None and length > max_length:
            return _cut(kept, length, max_length)
    return "".join(kept)


def _cut(kept: list[str], length: int, max_length: int) -> str:
    """Remove what is too long from the end, and whitespace before the "…"; only plain runs are divided."""
    room = max_length - len(ELLIPSIS)
    while kept and (length > room or not kept[-1].strip(BLANK)):
        piece = kept.pop()
        length -= len(piece)
        if not piece.startswith(INDIVISIBLE) and 0 < room - length < len(piece):
            kept.append(piece[: room - length])
            length = room
    return "".join([*kept, ELLIPSIS]) if kept else ""


def _pieces(text: str, newline: str) -> Iterator[str]:
    """The escaped text: in pieces that are each an escape, a line break, or plain."""
    before = "newline"  # what the line consists of so far: "newline" (nothing), "digit" (a number) or "other"
    for found in _TOKEN.finditer(text):
        token, kind = found[0], found.lastgroup or "other"
        if kind == "newline":
            yield newline
        elif kind == "surrogate":
            yield "\ufffd"
        elif kind == "everyone":
            yield f"{token}{ZERO_WIDTH_SPACE}"
        elif kind == "mark" or (kind, before) in {("bullet", "newline"), ("dot", "digit")}:
            yield f"\\{token}"
        else:
            yield token
        before = _line_after(before, kind)


def _line_after(before: str, kind: str) -> str:
    """What a line consists of after one more token: whitespace before the first word counts as nothing."""
    if kind == "newline" or (kind == "space" and before == "newline"):
        return "newline"
    return "digit" if kind == "digit" and before in {"newline", "digit"} else "other"
