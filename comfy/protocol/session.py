"""HTTP sessions to a server that is not trusted: no redirects, small reads, connections that end at once."""

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp

from comfy.errors import BadAnswer

# Of one read, and so of what is parsed at once: 256 KiB of one-byte chunks would take a tenth of a second.
MAX_READ_BYTES = 16 * 2**10
LEAVE_TIMEOUT = 1.0  # seconds

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class SmallReads(socket.socket):
    """A socket that returns at most MAX_READ_BYTES at once; its window stays as the system has it."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive at most MAX_READ_BYTES."""
        return super().recv(min(bufsize, MAX_READ_BYTES), flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive at most MAX_READ_BYTES into a buffer, as TLS does."""
        room = nbytes or memoryview(buffer).nbytes
        return super().recv_into(buffer, min(room, MAX_READ_BYTES), flags)


class ServerWebSocket(aiohttp.ClientWebSocketResponse):
    """A websocket that can be left at once, whatever the server still sends."""

    async def leave(self) -> None:
        """Send the closing frame, and cut the connection without reading on.

        aiohttp's `close` reads up to the answer: a server that never stops sending would keep it for ever.
        """
        with contextlib.suppress(TimeoutError, ConnectionError, aiohttp.ClientError):
            async with asyncio.timeout(LEAVE_TIMEOUT):
                await self._writer.close()
        self._response.close()


def open_session(headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """Open a session that sends these headers, keeps no cookies, follows and decompresses nothing."""
    return aiohttp.ClientSession(
        headers=headers,
        auto_decompress=False,
        connector=aiohttp.TCPConnector(socket_factory=_open_socket),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_refuse_redirects()],
        ws_response_class=ServerWebSocket,
    )


def _open_socket(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, _ = address
    return SmallReads(family, kind, protocol)


def _refuse_redirects() -> aiohttp.TraceConfig:
    """Raise BadAnswer before a redirect is followed: the handshake of a websocket has no option for it."""
    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(_refuse_redirect)
    return config


async def _refuse_redirect(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
) -> None:
    params.response.close()
    raise BadAnswer(reason=f"HTTP {params.response.status}")
