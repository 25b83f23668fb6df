"""The messages between parent and child: 4 bytes big-endian header length, a JSON header, the payload."""

import json
import struct
from collections.abc import Mapping
from typing import cast

_LENGTH = struct.Struct(">I")
UNCONFINED = "not confined: "  # begins the line of standard error that says what a child did not give up


def pack(header: Mapping[str, object], payload: bytes = b"") -> bytes:
    """Encode a header and its payload as one message."""
    text = json.dumps(header).encode()
    return _LENGTH.pack(len(text)) + text + payload


def unpack(message: bytes) -> tuple[Mapping[str, object], bytes]:
    """Decode a message into header and payload. Raises ValueError when it is malformed or cut short."""
    if len(message) < _LENGTH.size:
        raise ValueError("no message")
    end = _LENGTH.size + _LENGTH.unpack_from(message)[0]
    if len(message) < end:
        raise ValueError("a message cut short")
    header = json.loads(message[_LENGTH.size : end])
    if not isinstance(header, dict):
        raise ValueError("a header is an object")
    return cast("Mapping[str, object]", header), message[end:]
