"""Text of servers, made fit for logs, rows, messages and terminals."""

import re
import unicodedata

MAX_LENGTH = 200  # characters
ANSI_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
SEPARATORS = frozenset({"Cc", "Zl", "Zp"})


def printable(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` as one line of at most `limit` characters, without any that are not shown.

    Control characters and line separators become spaces; terminal sequences, characters that change the
    direction or have no width, surrogates, private and unassigned ones (all of category C) are removed.
    """
    if len(text) <= limit and text.isprintable():
        return text
    # Bounded before anything walks over it: a server may send megabytes.
    plain = ANSI_SEQUENCE.sub("", text[: 4 * limit])
    kept = "".join(_shown(character) for character in plain)
    return " ".join(kept.split())[:limit]


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in SEPARATORS:
        return " "
    return "" if category.startswith("C") else character
