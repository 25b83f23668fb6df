"""Which texts are emoji that Discord takes as a reaction."""

import re
import unicodedata
from collections.abc import Mapping

MAX_REACTIONS = 20
"""Different emoji under one message."""
_JOINER, _PICTURE, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_OTHERS = frozenset("‼⁉↔〰▪▫▶◀◻◼◽◾⬅⬆⬇⬛⬜⤴⤵")
"""Emoji that Unicode counts among the marks and signs."""
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_KEY = re.compile(f"[#*0-9]{_PICTURE}?{_KEYCAP}")
_CUSTOM = re.compile(r"(?P<name>\w{2,32}):(?P<id>\d+)")
_MODIFIERS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What follows a picture: its form, a tone of skin, a region's flag."""


def is_emoji(text: str, custom: Mapping[int, str]) -> bool:
    """Whether a reaction may be this: one emoji of Unicode, or `name:id` of a guild's own among `custom`."""
    if match := _CUSTOM.fullmatch(text):
        return int(match["id"]) in custom
    if _FLAG.fullmatch(text) or _KEY.fullmatch(text):
        return True
    parts = [_MODIFIERS.sub("", part) for part in text.split(_JOINER)]
    return all(len(part) == 1 and _is_picture(part) for part in parts)


def _is_picture(character: str) -> bool:
    return character in _OTHERS or (unicodedata.category(character) == "So" and character not in "©®№℠℗")
