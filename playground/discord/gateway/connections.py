"""Gateway connections and sessions: what is sent over the websocket, and what a resume sends again."""

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from aiohttp import web


class Op(IntEnum):
    """Gateway opcodes (Discord reference, "Gateway Opcodes")."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """Why the gateway closes a connection (Discord reference, "Gateway Close Event Codes")."""

    UNKNOWN_ERROR = 4000
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Compressor(Protocol):
    """What `zlib.compressobj` returns; zlib gives its type no name."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


@dataclass(slots=True, eq=False)
class Connection:
    """One open websocket; what is put into `outbox` is sent in order, a CloseCode ends it."""

    request: web.Request
    socket: web.WebSocketResponse
    compressor: Compressor | None
    outbox: asyncio.Queue[dict[str, object] | int] = field(
        default_factory=asyncio.Queue[dict[str, object] | int]
    )
    session: "Session | None" = None

    def send(self, op: Op, data: object) -> None:
        """Queue a frame that is no dispatched event."""
        self.outbox.put_nowait({"op": int(op), "d": data, "s": None, "t": None})

    async def write_all(self) -> None:
        """Send what is in the outbox until a close code comes."""
        while isinstance(frame := await self.outbox.get(), dict):
            text = json.dumps(frame)
            if self.compressor is None:
                await self.socket.send_str(text)
            else:
                packed = self.compressor.compress(text.encode()) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(packed)
        await self.socket.close(code=frame)


@dataclass(slots=True, eq=False)
class Session:
    """All events dispatched to a bot since it identified; kept so that it can resume."""

    id: str
    intents: int
    sent: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    connection: Connection | None = None

    def dispatch(self, name: str, data: dict[str, object]) -> None:
        """Record an event under the next sequence number, and send it if connected."""
        event: dict[str, object] = {"op": 0, "d": data, "s": len(self.sent) + 1, "t": name}
        self.sent.append(event)
        if self.connection:
            self.connection.outbox.put_nowait(event)

    def resume_on(self, connection: Connection, seen: int) -> None:
        """Send the events after sequence number `seen` again, then RESUMED."""
        self.connection, connection.session = connection, self
        for event in self.sent[seen:]:
            connection.outbox.put_nowait(event)
        self.dispatch("RESUMED", {"_trace": []})
