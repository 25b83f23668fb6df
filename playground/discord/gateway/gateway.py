"""The gateway: the websocket that dispatches events to bots, with sessions that outlive a connection."""

import asyncio
import json
import secrets
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import WSMsgType, web

from playground.discord.change_feed import Change
from playground.discord.gateway.connections import CloseCode, Connection, Op, Session
from playground.discord.intents import KNOWN, PRIVILEGED, Intent, readable, wants
from playground.discord.json_values import Json, as_int, as_list, as_object, as_text
from playground.discord.model import Guild
from playground.discord.render.guilds import render_guild_create, render_member, render_own_user
from playground.discord.state import DiscordState

HEARTBEAT_MILLISECONDS = 41_250


class Gateway:
    """Accepts websockets at `/gateway` and dispatches changes to the sessions that want them."""

    def __init__(self, state: DiscordState, privileged_intents: Intent) -> None:
        self._state = state
        self._privileged = privileged_intents
        self._connections: set[Connection] = set()
        self._sessions: dict[str, Session] = {}
        self._refuse_until = 0.0
        self.identified = 0
        """How often a bot has begun a session."""
        self.resumed = 0
        state.feed.listen(self._dispatch)

    @property
    def online(self) -> bool:
        """Whether a bot is connected and has identified."""
        return any(connection.session for connection in self._connections)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket from hello to close."""
        if self._state.clock.now() < self._refuse_until:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=16 * 1024)
        await socket.prepare(request)
        packs = request.query.get("compress") == "zlib-stream"
        async with self._open(
            Connection(request, socket, zlib.compressobj() if packs else None)
        ) as connection:
            connection.send(Op.HELLO, {"heartbeat_interval": HEARTBEAT_MILLISECONDS, "_trace": []})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(connection, cast(str, message.data))
        return socket

    @asynccontextmanager
    async def _open(self, connection: Connection) -> AsyncGenerator[Connection]:
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write_all(), name="gateway writer")
        try:
            yield connection
        finally:
            self._connections.discard(connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            if connection.session and connection.session.connection is connection:
                connection.session.connection = None
            self._publish()

    def _receive(self, connection: Connection, text: str) -> None:
        try:
            self._handle_message(connection, as_object(json.loads(text)))
        except ValueError:
            connection.outbox.put_nowait(CloseCode.DECODE_ERROR)

    def _handle_message(self, connection: Connection, message: Json) -> None:
        op, data = message.get("op"), as_object(message.get("d"))
        if op == Op.HEARTBEAT:
            connection.send(Op.HEARTBEAT_ACK, None)
        elif op == Op.IDENTIFY:
            self._identify(connection, data)
        elif op == Op.RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            connection.outbox.put_nowait(CloseCode.NOT_AUTHENTICATED)
        elif op == Op.REQUEST_MEMBERS:
            self._send_members(connection.session, data)

    def _identify(self, connection: Connection, data: Json) -> None:
        intents = as_int(data.get("intents"))
        if code := self._refusal(connection, as_text(data.get("token")), intents):
            connection.outbox.put_nowait(code)
            return
        session = Session(secrets.token_hex(16), intents, connection=connection)
        self._sessions[session.id] = connection.session = session
        self.identified += 1
        session.dispatch("READY", self._ready(session, data))
        for guild in self._state.guilds.values():
            if self._state.is_bot_in(guild) and intents & Intent.GUILDS:
                self._describe(session, guild)
        self._publish()

    def _describe(self, session: Session, guild: Guild) -> None:
        if guild.unavailable:
            session.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        else:
            session.dispatch("GUILD_CREATE", render_guild_create(self._state, guild))

    def _refusal(self, connection: Connection, token: str, intents: int) -> CloseCode | None:
        if connection.session:
            return CloseCode.ALREADY_AUTHENTICATED
        if token != self._state.token:
            return CloseCode.AUTHENTICATION_FAILED
        if intents & ~KNOWN:
            return CloseCode.INVALID_INTENTS
        if intents & PRIVILEGED & ~self._privileged:
            return CloseCode.DISALLOWED_INTENTS
        return None

    def _ready(self, session: Session, identify: Json) -> dict[str, object]:
        state = self._state
        guilds = [guild for guild in state.guilds.values() if state.is_bot_in(guild)]
        return {
            "v": 10,
            "user": render_own_user(state.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": state.gateway_url,
            "application": {"id": str(state.bot.id), "flags": 0},
            "shard": list(as_list(identify.get("shard"))) or [0, 1],
            "session_type": "normal",
            "private_channels": [],
        }

    def _resume(self, connection: Connection, data: Json) -> None:
        session = self._sessions.get(as_text(data.get("session_id")))
        seen = as_int(data.get("seq"))
        if data.get("token") != self._state.token:
            connection.outbox.put_nowait(CloseCode.AUTHENTICATION_FAILED)
        elif session is None or seen > len(session.sent):
            resumable = False
            connection.send(Op.INVALID_SESSION, resumable)
        else:
            self.resumed += 1
            session.resume_on(connection, seen)
            self._publish()

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self._state.guilds[int(str(data.get("guild_id")))]
        chunk: dict[str, object] = {
            "guild_id": str(guild.id),
            "members": [render_member(self._state, guild, user_id) for user_id in guild.members],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    def _dispatch(self, change: Change) -> None:
        if change.only_for not in (None, self._state.bot.id) or not self._bot_sees(change):
            return
        for session in self._sessions.values():
            if wants(session.intents, change):
                session.dispatch(change.name, readable(session.intents, change, self._state.bot.id))

    def _bot_sees(self, change: Change) -> bool:
        state = self._state
        if change.guild_id:
            guild = state.guilds[change.guild_id]
            if guild.unavailable or not state.is_bot_in(guild):
                return False
        if change.name == "INTERACTION_CREATE" or change.channel_id is None or change.guild_id is None:
            return True
        channel = state.channels.get(change.channel_id)
        if change.name.startswith("CHANNEL_"):
            return True  # also of those that it does not see
        return channel is not None and state.sees(state.bot.id, channel)

    def _publish(self) -> None:
        self._state.feed.publish(Change(name="CLIENT_GATEWAY", data={"online": self.online}))

    # faults

    def disconnect(self, code: int = CloseCode.UNKNOWN_ERROR) -> None:
        """Close every connection with a code; the session stays and can be resumed."""
        for connection in self._connections:
            connection.outbox.put_nowait(code)

    def ask_to_reconnect(self) -> None:
        """Send op 7 to every connection."""
        for connection in self._connections:
            connection.send(Op.RECONNECT, None)

    def forget_sessions(self) -> None:
        """Delete all sessions; each connection gets INVALID_SESSION (op 9)."""
        self._sessions.clear()
        resumable = False
        for connection in self._connections:
            connection.send(Op.INVALID_SESSION, resumable)

    def drop(self, seconds: float) -> None:
        """Abort every connection, and refuse new ones for `seconds`."""
        self._refuse_until = self._state.clock.now() + seconds
        for connection in self._connections:
            if connection.request.transport:
                connection.request.transport.abort()

    async def close(self) -> None:
        """Close all connections and wait until they are."""
        sockets = [connection.socket for connection in self._connections]
        await asyncio.gather(*(socket.close(code=1001) for socket in sockets))
