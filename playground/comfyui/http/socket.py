"""The websocket endpoint."""

import asyncio
import json
import uuid

from aiohttp import WSMsgType, web

from playground.comfyui.execution.engine import Engine
from playground.comfyui.faults import SocketFault
from playground.comfyui.graph import parse_object
from playground.comfyui.object_info import NodeClasses
from playground.comfyui.queue import PromptQueue
from playground.comfyui.sockets import Sockets, cut, render_message


class SocketEndpoint:
    """/ws."""

    def __init__(
        self, node_classes: NodeClasses, sockets: Sockets, prompt_queue: PromptQueue, engine: Engine
    ) -> None:
        self._node_classes = node_classes
        self._sockets = sockets
        self._prompt_queue = prompt_queue
        self._engine = engine

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoint is."""
        return [web.get("/ws", self.connect)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Send the status (a returning client also gets the running node), then read (10, 14, 15)."""
        fault = self._sockets.fault
        return await (self._serve(request) if fault is None else refuse_socket(request, fault))

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client_id = request.query.get("clientId") or uuid.uuid4().hex
        async with self._sockets.joined(request, socket, client_id):
            await self._greet(socket, client_id)
            is_first = True
            async for message in socket:
                if message.type is WSMsgType.TEXT and is_first:
                    await self._answer_flags(socket, client_id, message.data)
                is_first = False
        return socket

    async def _greet(self, socket: web.WebSocketResponse, client_id: str) -> None:
        if self._sockets.is_silent:
            return
        await socket.send_str(render_message("status", {**self._prompt_queue.status(), "sid": client_id}))
        current = self._engine.current
        if current and current.node_id and current.prompt.client_id == client_id:
            await socket.send_str(render_message("executing", {"node": current.node_id}))

    async def _answer_flags(self, socket: web.WebSocketResponse, client_id: str, text: object) -> None:
        try:
            message = parse_object(json.loads(str(text)))
        except json.JSONDecodeError:
            return
        if message.get("type") != "feature_flags":
            return
        if parse_object(message.get("data")).get("supports_preview_metadata"):
            self._sockets.supports_metadata(client_id)
        if not self._sockets.is_silent:
            features = parse_object(self._node_classes.about("features"))
            await socket.send_str(render_message("feature_flags", features))


async def refuse_socket(request: web.Request, fault: int | SocketFault) -> web.StreamResponse:
    """Answer a handshake as a gateway that passes HTTP only."""
    if isinstance(fault, int):
        return web.Response(status=fault)
    if fault is SocketFault.HANG:
        await asyncio.Event().wait()
    if fault is SocketFault.CUT:
        cut(request.transport)
        return web.Response()
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    if fault is SocketFault.CLOSE:
        await socket.close()
    async for _ in socket:
        pass  # a mute one reads what it is sent, pings too, and says nothing
    return socket
