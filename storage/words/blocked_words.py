"""Find blocked words in prompts, also in disguise; blocked_words.txt lists the default ones.

It is a hurdle, not a guarantee: SECURITY.md says what it does not see.
"""

import functools
import itertools
import re
from collections.abc import Collection
from pathlib import Path

from storage.words.lookalikes import SYMBOL_LETTERS, SYMBOLS, plain_spelling, plain_spellings

BLOCKED_WORDS = frozenset(
    line
    for line in Path(__file__).with_name("blocked_words.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)

MIN_SPLIT = 6  # letters of a word that is found also where white space stands anywhere in it
MIN_DOTTED = 4  # letters of a word that is found also where something else than white space does
MIN_INFLECTED = 3  # letters of a word that has a plural; one more has the forms of a verb
VOWELS = "aeiou"

_SYMBOLS = re.escape(SYMBOLS)
_ANYWHERE = f"[- ,{_SYMBOLS}]{{0,3}}"  # between two letters of a long word
_DOTTED = f"[-{_SYMBOLS}]{{0,2}}"
_SPELT = f"[- ,{_SYMBOLS}]{{1,3}}"
_IN_CHINESE = f"[- {_SYMBOLS}]{{0,3}}"  # not across the end of a sentence


def first_blocked(prompt: str, words: Collection[str]) -> str | None:
    """The first blocked word in the prompt, or None; time is linear in the prompt's length.

    A word that is folded to a-z matches whole words only: in its plural and verb forms, with letters repeated
    or written as digits, every letter alone; divided by anything where it has MIN_SPLIT letters, by
    punctuation where it has MIN_DOTTED. A word with other characters (Chinese) matches anywhere.
    """
    ordered, pattern = compile_words(frozenset(words))
    for each in plain_spellings(prompt) if ordered else ():
        if found := pattern.search(each):
            return ordered[(found.lastindex or 1) - 1]
    return None


@functools.lru_cache(maxsize=8)
def compile_words(words: frozenset[str]) -> tuple[list[str], re.Pattern[str]]:
    """The words, and a pattern for plain spellings that has a group for each of them.

    Words are grouped by their first letter, so that few are tried at any place.
    """
    spelt = {word: plain_spelling(word).replace("-", " ").replace(",", " ").strip() for word in words}
    ordered = sorted(filter(spelt.get, spelt), key=lambda word: (not _is_latin(spelt[word]), spelt[word]))
    latin, others = list[str](), list[str]()
    for first, some in itertools.groupby(ordered, key=lambda word: spelt[word][0]):
        patterns = "|".join(f"({_pattern(spelt[word])})" for word in some)
        (latin if _is_latin(first) else others).append(f"(?={_letter_class(first)})(?:{patterns})")
    whole_words = [f"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"] if latin else []
    return ordered, re.compile("|".join(whole_words + others))


def _is_latin(plain: str) -> bool:
    return re.fullmatch("[a-z0-9 ]+", plain) is not None


def _pattern(plain: str) -> str:
    """A pattern for one word in plain spelling, without what has to be around it."""
    if not _is_latin(plain):
        return _IN_CHINESE.join(map(re.escape, plain.replace(" ", "")))
    parts = plain.split()
    length = sum(map(len, parts))
    between = _ANYWHERE if length >= MIN_SPLIT else _DOTTED if length >= MIN_DOTTED else ""
    forms = [_ANYWHERE.join(_inflected(part, between) for part in parts)]
    if length < MIN_SPLIT:
        forms.append(_SPELT.join(_inflected(part, _SPELT) for part in parts))
    return "|".join(forms)


def _inflected(word: str, between: str) -> str:
    """A pattern for a word in its forms, with `between` between its letters."""
    stem, endings = _forms(word)
    ends = [between + _spell(end, between) for end in endings]
    optional = "?" if stem == word else ""
    return _spell(stem, between) + (f"(?:{'|'.join(ends)}){optional}" if ends else "")


def _forms(word: str) -> tuple[str, tuple[str, ...]]:
    """What all forms of a word begin with, and their endings, also none where that is the word itself."""
    if word.endswith("man"):
        return word[:-2], ("an", "en", "ans")
    if word == "child":
        return word, ("s", "ren")
    if len(word) < MIN_INFLECTED or not word.isalpha():
        return word, ()
    plural = "es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s"
    if len(word) == MIN_INFLECTED:
        return word, (plural,)
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1], ("y", "ies", "ied", "ying")
    if word.endswith("e"):
        return word[:-1], ("e", "es", "ed", "ing")
    doubled = word[-1] if sum(map(word.count, VOWELS)) == 1 and word[-2] in VOWELS else ""  # stripped
    return word, (plural, doubled + "ed", doubled + "ing")


def _spell(letters: str, between: str) -> str:
    """A pattern for letters, each once or repeated, or what they may be written as."""
    return between.join(f"{_letter_class(each)}{_letter_class(each)}{{0,2}}" for each in letters)


def _letter_class(letter: str) -> str:
    return f"[{letter}{re.escape(SYMBOL_LETTERS.get(letter, ''))}]"
