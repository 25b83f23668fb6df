"""Text as every database can store it: without NUL, which ends a text, and without half characters."""

import json
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # in JSON, where no other backslash stands for itself


def storable(text: str) -> str:
    """The text without NUL and lone surrogates: PostgreSQL refuses both, SQLite the latter."""
    return _UNSTORABLE.sub("", text)


def encode_json(value: object) -> str:
    """Encode as JSON that may be stored as it is, its keys in their order."""
    return _ESCAPED_NUL.sub(r"\1", storable(json.dumps(value, ensure_ascii=False)))
