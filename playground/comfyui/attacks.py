"""Answers that no ComfyUI gives: endless, huge, compressed, slow, led elsewhere, or a flood of messages."""

import asyncio
import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence

Attack = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What answers a request: it gets the request's head, and writes what it likes."""

Edit = Callable[[bytes], bytes]
"""What changes the body of a true answer."""

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
_BLOCK = 2**16
_LENGTHS = (b"content-length", b"transfer-encoding")
_WEBSOCKET_KEY = b"sec-websocket-key:"
_WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def answers(body: bytes, *headers: bytes) -> Attack:
    """This body, whatever it is."""

    async def attack(head: bytes, writer: asyncio.StreamWriter) -> None:
        lines = b"".join(each + b"\r\n" for each in headers)
        writer.write(_OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    return attack


def endless(piece: bytes) -> Attack:
    """Chunks of this, for ever."""
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece)

    async def attack(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(_OK + b"Transfer-Encoding: chunked\r\n\r\n")
        await _write_for_ever(writer, chunk)

    return attack


def compressed(size: int) -> Attack:
    """A body of so many bytes, sent as a thousandth of them."""
    packer = zlib.compressobj(wbits=31)
    body = b"".join(packer.compress(b" " * 2**20) for _ in range(size // 2**20)) + packer.flush()
    return answers(body, b"Content-Encoding: gzip")


def slow(seconds: float) -> Attack:
    """A byte, and another one after so many seconds, for ever."""

    async def attack(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(_OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(seconds)

    return attack


def redirect(to: str, status: int = 302) -> Attack:
    """Lead to another address."""

    async def attack(head: bytes, writer: asyncio.StreamWriter) -> None:
        line = b"HTTP/1.1 %d Moved\r\nLocation: %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(line % (status, to.encode()))
        await writer.drain()

    return attack


def flood(*frames: str | bytes | None, pause: float = 0) -> Attack:
    """Open the websocket, and send these frames again and again; None is a ping."""
    data = b"".join(map(_frame, frames))
    block = data * max(1, _BLOCK // len(data))

    async def attack(head: bytes, writer: asyncio.StreamWriter) -> None:
        _open_websocket(head, writer)
        await _write_for_ever(writer, block, pause)

    return attack


def message(kind: str, **data: object) -> str:
    """A text message."""
    return json.dumps({"type": kind, "data": data})


def preview(size: int) -> bytes:
    """A preview of so many bytes that names no job."""
    return struct.pack(">II", 1, 1) + b"\xff\xd8\xff" + bytes(size)


def write_edited(answer: bytes, edit: Edit, writer: asyncio.StreamWriter) -> None:
    """Write a true answer with another body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    kept = [
        each for each in headers if not each.lower().startswith((b"content-length", b"transfer-encoding"))
    ]
    body = edit(body)
    writer.write(b"\r\n".join([status, *kept, b"Content-Length: %d" % len(body), b"", body]))


async def _write_for_ever(writer: asyncio.StreamWriter, block: bytes, pause: float = 0) -> None:
    block *= max(1, _BLOCK // len(block))
    while True:
        writer.write(block)
        await writer.drain()
        await asyncio.sleep(pause)


def _open_websocket(head: bytes, writer: asyncio.StreamWriter) -> None:
    lines: Sequence[bytes] = head.split(b"\r\n")
    key = next(each.partition(b":")[2].strip() for each in lines if each.lower().startswith(_WEBSOCKET_KEY))
    accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET_GUID).digest())  # noqa: S324 - RFC 6455 says so
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n")
    writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


def _frame(content: str | bytes | None) -> bytes:
    data = content.encode() if isinstance(content, str) else content or b""
    kind = 0x89 if content is None else 0x81 if isinstance(content, str) else 0x82
    if len(data) < 126:
        return struct.pack(">BB", kind, len(data)) + data
    if len(data) < 2**16:
        return struct.pack(">BBH", kind, 126, len(data)) + data
    return struct.pack(">BBQ", kind, 127, len(data)) + data
