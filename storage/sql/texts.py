"""Text as every database can store it: without NUL, which ends a text, and without half characters."""

import json
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # in JSON, where no other backslash stands for itself


def storable(text: str) -> str:
    """The text without NUL and lone surrogates: PostgreSQL refuses both, SQLite the latter."""
    return text if text.isascii() and "\0" not in text else _UNSTORABLE.sub("", text)


def encode_json(value: object) -> str:
    """Encode as JSON that may be stored as it is, its keys in their order."""
    text = storable(json.dumps(value, ensure_ascii=False))
    return _ESCAPED_NUL.sub(r"\1", text) if "\\u0000" in text else text
