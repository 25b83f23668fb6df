"""One message between us and a child process: four bytes of length, a JSON object, the rest is payload."""

import json
import struct
from collections.abc import Mapping
from typing import cast

_LENGTH = struct.Struct(">I")


def pack(header: Mapping[str, object], payload: bytes = b"") -> bytes:
    """Join a header and its payload."""
    text = json.dumps(header).encode()
    return _LENGTH.pack(len(text)) + text + payload


def unpack(message: bytes) -> tuple[Mapping[str, object], bytes]:
    """Split a message into header and payload; ValueError when it is none, or is cut short."""
    if len(message) < _LENGTH.size:
        raise ValueError("no message")
    end = _LENGTH.size + _LENGTH.unpack_from(message)[0]
    if len(message) < end:
        raise ValueError("a message cut short")
    header = json.loads(message[_LENGTH.size : end])
    if not isinstance(header, dict):
        raise ValueError("a header is an object")
    return cast("Mapping[str, object]", header), message[end:]
