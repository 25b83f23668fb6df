"""The open websockets by client id, and the one queue from which messages are sent."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from aiohttp import WSCloseCode, web

from playground.comfyui.faults import Faults, SocketFault
from playground.comfyui.graph import Json

Frame = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one client (None: to all). `modern` is for those who support preview metadata."""

    client_id: str | None
    plain: tuple[Frame, ...]
    modern: tuple[Frame, ...]


class Sockets:
    """One socket for each client id. Messages leave one after another, as in the original: a reader
    that stops reading stalls everybody's (facts 6 and 7)."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._open: dict[str, web.WebSocketResponse] = {}
        self._transports: dict[web.WebSocketResponse, asyncio.BaseTransport | None] = {}
        self._modern: set[str] = set()
        self._outbox: asyncio.Queue[OutgoingMessage] = asyncio.Queue()

    @contextlib.asynccontextmanager
    async def joined(
        self, request: web.Request, socket: web.WebSocketResponse, client_id: str
    ) -> AsyncGenerator[None, None]:
        """Register a socket. When it goes its id goes, even if a newer socket has taken that id (14)."""
        self._open[client_id] = socket
        self._transports[socket] = request.transport
        self._modern.discard(client_id)
        try:
            yield
        finally:
            del self._transports[socket]
            self._open.pop(client_id, None)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is to be sent."""
        return self._faults.silent

    @property
    def fault(self) -> int | SocketFault | None:
        """What becomes of a new socket: a status that refuses it, or worse; None where all is well."""
        return self._faults.socket

    def supports_metadata(self, client_id: str) -> None:
        """This client asked for previews of type 4."""
        self._modern.add(client_id)

    def post(self, kind: str, data: Json, client_id: str | None) -> None:
        """Send one text message to a client, or to all if None."""
        text = render_message(kind, data)
        self.deliver(OutgoingMessage(client_id=client_id, plain=(text,), modern=(text,)))

    def deliver(self, message: OutgoingMessage) -> None:
        """Queue a message."""
        self._outbox.put_nowait(message)

    async def send_messages(self) -> None:
        """Send queued messages until cancelled."""
        while True:
            message = await self._outbox.get()
            for client_id, socket in list(self._open.items()):
                if message.client_id in (None, client_id) and not self.is_silent:
                    await _send(socket, message.modern if client_id in self._modern else message.plain)

    async def close(self, code: int) -> None:
        """Close every socket with `code`; 1006 stands for a cut connection."""
        for socket, transport in list(self._transports.items()):
            if code == WSCloseCode.ABNORMAL_CLOSURE:
                cut(transport)
            else:
                await socket.close(code=code)


def render_message(kind: str, data: Json) -> str:
    """One text message."""
    return json.dumps({"type": kind, "data": data})


def cut(transport: asyncio.BaseTransport | None) -> None:
    """Abort a connection without a closing handshake, as a killed process does."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _send(socket: web.WebSocketResponse, frames: tuple[Frame, ...]) -> None:
    with contextlib.suppress(ConnectionError):
        for frame in frames:
            await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
