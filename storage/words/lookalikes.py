"""Plain spelling of a text: look-alike letters as a-z, without accents; what separates words as few signs.

A "skeleton" after Unicode Technical Standard #39, section 4, for matching only: it is shown to nobody.
"""

import functools
import re
import unicodedata
from pathlib import Path

SYMBOL_LETTERS = {
    "a": "4@",
    "b": "86",
    "c": "(<3",
    "e": "3",
    "g": "96",
    "h": "#",
    "i": "1!|",
    "l": "1!|",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "u": "v",
    "z": "2",
}  # what else a letter of a plain spelling may be written as
SYMBOLS = "".join(sorted({each for some in SYMBOL_LETTERS.values() for each in some if not each.isalnum()}))
MAX_RUN = 3  # of one character; what is longer is cut
MAX_EXPANSION = 4  # characters that one may decompose into; longer ones are ligatures of whole words
APOSTROPHES = frozenset("'`´‘’ʼ＇")
SENTENCE_ENDS = frozenset("，。！？；")
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")  # Hangul fillers: letters without a shape
TAGS = range(0xE0020, 0xE007F)  # an invisible copy of ASCII
LETTER_SIGNS = (0x1F150, 0x1F170, 0x1F1E6)  # white on black, and flags: A, without a decomposition
_LATIN = re.compile(
    "LATIN (?:SMALL |CAPITAL )?LETTER "
    "(?:(?:SMALL CAPITAL|TURNED|OPEN|REVERSED|SCRIPT|DOTLESS|INSULAR|SIDEWAYS|BARRED|TAILLESS|STRETCHED) )*"
    "([A-Z])(?: WITH .*)?"
)


def _read_table() -> dict[str, str]:
    lines = Path(__file__).with_name("lookalikes.txt").read_text(encoding="utf-8").splitlines()
    return {each: line[0] for line in lines if not line.startswith("#") for each in line[2:]}


_TABLE = _read_table()


def plain_spellings(text: str) -> list[str]:
    """Every way in which the text may be read, each in plain spelling.

    In a plain spelling letters are folded, a space is white space, a comma the end of a Chinese sentence, and
    "-" whatever else there is but SYMBOLS. Invisible characters are left out, or separate, or are read as the
    ASCII that tags copy. Linear in the length of the text.
    """
    shown = _spell(text, "")
    spellings = [shown, _spell(text, "-")]
    if any(ord(each) in TAGS for each in text):
        spellings.append(_spell("".join(map(_untagged, text)), ""))
    return list(dict.fromkeys(spellings))


def plain_spelling(text: str) -> str:
    """The text in plain spelling, without invisible characters."""
    return _spell(text, "")


def _spell(text: str, invisible: str) -> str:
    plain = "".join(invisible if (spelt := _fold(each)) is None else spelt for each in text)
    plain = re.sub(r"[!+|](?![a-z0-9])", "-", plain)  # of a sentence, a sum, a list
    plain = re.sub(r"[ ,-]{2,}", lambda found: min(found[0], key=", -".index), plain)
    return re.sub(rf"(.)\1{{{MAX_RUN},}}", lambda found: found[1] * MAX_RUN, plain)


def _untagged(character: str) -> str:
    return chr(ord(character) - 0xE0000) if ord(character) in TAGS else character


@functools.lru_cache(maxsize=8192)
def _fold(character: str) -> str | None:
    """One character in plain spelling; None where it is invisible."""
    if character in APOSTROPHES:
        return ""
    if character in SENTENCE_ENDS:
        return ","
    for first in LETTER_SIGNS:
        if first <= ord(character) < first + 26:
            return chr(ord("a") + ord(character) - first)
    decomposed = unicodedata.normalize("NFKD", character)
    if character in BLANK_LETTERS or _is_invisible(character):
        return None
    if len(decomposed) > MAX_EXPANSION:
        return "-"
    return unicodedata.normalize("NFC", "".join(map(_fold_part, decomposed)))


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co") and not character.isspace()


def _fold_part(part: str) -> str:
    """One character of a decomposition in plain spelling."""
    if unicodedata.category(part) in ("Mn", "Me"):
        return ""
    if part.isspace():
        return " "
    if part in SYMBOLS:
        return part
    if part == "I":
        return "1"
    folded = part.casefold()
    if not folded.isascii():
        known = _TABLE.get(part) or _TABLE.get(folded)
        name = _LATIN.fullmatch(unicodedata.name(folded, "")) if len(folded) == 1 else None
        folded = known or (name[1].lower() if name else folded)
    return folded if folded.isalnum() else "-"
