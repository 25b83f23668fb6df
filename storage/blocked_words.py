"""Find blocked words in prompts; blocked_words.txt lists the default ones."""

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
    """The first blocked word in the prompt, or None; time is linear in the prompt's length.

    An ASCII word matches whole words only, one with other characters (Chinese) anywhere, across spaces too.
    """
    spaced = f" {normalise(prompt)} "
    joined = spaced.replace(" ", "")
    for word, plain in _normalised(frozenset(words)):
        if f" {plain} " in spaced if plain.isascii() else plain.replace(" ", "") in joined:
            return word
    return None


def normalise(text: str) -> str:
    """Fold width, case, accents and invisible characters; each run of other characters becomes one space."""
    plain = text.casefold()
    if not plain.isascii():
        letters = (each for each in unicodedata.normalize("NFKD", plain) if not _is_decoration(each))
        plain = unicodedata.normalize("NFKC", "".join(letters)).casefold()
    return re.sub(r"[\W_]+", " ", plain).strip()


def _is_decoration(character: str) -> bool:
    """Whether it is a combining mark or has no width."""
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


@functools.lru_cache(maxsize=8)
def _normalised(words: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Each word with its normalised form, sorted."""
    return tuple((word, normalise(word)) for word in sorted(words))
