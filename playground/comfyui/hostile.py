"""A ComfyUI that lies and floods: it answers chosen paths as scripted, and passes the rest to a real one."""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from playground.comfyui.attacks import Attack, Edit, write_edited

T = TypeVar("T")


class HostileComfyUI:
    """`async with HostileComfyUI(comfyui.url) as hostile: hostile.attacks["/queue"] = endless(b"[")`.

    `attacks`: for the beginning of a path what answers it; `edits`: what changes the body of a real answer.
    `heads` are the requests, as they came. Everything else goes to `upstream`, and 404 where there is none.
    """

    def __init__(self, upstream: str = "") -> None:
        self.attacks: dict[str, Attack] = {}
        self.edits: dict[str, Edit] = {}
        self.heads: list[bytes] = []
        self._upstream = urlsplit(upstream)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        if self._server is None:
            raise LookupError("it is not running")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    def attack(self, attacks: Mapping[str, Attack], edits: Mapping[str, Edit] | None = None) -> None:
        """Answer these paths so from now on, and cut what is open, so that all is asked anew."""
        self.attacks, self.edits = dict(attacks), dict(edits or {})
        for connection in self._connections:
            connection.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer), name="hostile connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                path = head.split(b" ", 2)[1].decode()
                attack = _first(self.attacks, path)
                if attack:
                    await attack(head, writer)
                elif self._upstream.netloc:
                    await self._pass_on(head, reader, writer, _first(self.edits, path))
                else:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await writer.drain()
            finally:
                writer.close()

    async def _pass_on(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, edit: Edit | None
    ) -> None:
        """Send one request upstream, on a connection that ends with its answer."""
        back, forth = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        if b"upgrade: websocket" not in head.lower():
            head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        forth.write(head)
        sending = asyncio.create_task(_copy(reader, forth), name="request")
        try:
            if edit:
                write_edited(await back.read(), edit, writer)
                await writer.drain()
            else:
                await _copy(back, writer)
        finally:
            sending.cancel()
            forth.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(2**16):
        sink.write(data)
        await sink.drain()


def _first(scripted: Mapping[str, T], path: str) -> T | None:
    return next((each for start, each in scripted.items() if path.startswith(start)), None)
