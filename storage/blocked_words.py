"""Words that no prompt may hold; blocked_words.txt lists those blocked from the start."""

import functools
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

BLOCKED_WORDS = frozenset(
    line
    for line in Path(__file__).with_name("blocked_words.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def first_blocked(prompt: str, words: Collection[str]) -> str | None:
    """The first blocked word in the prompt, or None. No prompt takes longer than its length.

    A word of letters counts as a whole word, one with Chinese characters wherever it stands.
    """
    spaced = f" {normalise(prompt)} "
    joined = spaced.replace(" ", "")
    for word, plain in _normalised(frozenset(words)):
        if f" {plain} " in spaced if plain.isascii() else plain.replace(" ", "") in joined:
            return word
    return None


def normalise(text: str) -> str:
    """One width and case, no accents, nothing invisible; what is no letter or digit is one space."""
    plain = text.casefold()
    if not plain.isascii():
        letters = (each for each in unicodedata.normalize("NFKD", plain) if not _is_decoration(each))
        plain = unicodedata.normalize("NFKC", "".join(letters)).casefold()
    return re.sub(r"[\W_]+", " ", plain).strip()


def _is_decoration(character: str) -> bool:
    """Accents, and characters without width: nothing that a reader needs to read the word."""
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


@functools.lru_cache(maxsize=8)
def _normalised(words: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, normalise(word)) for word in sorted(words))
