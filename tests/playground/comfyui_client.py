"""A client of a ComfyUI: uploads, submits, and keeps all that its websocket receives."""

import asyncio
import contextlib
import io
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from PIL import Image

from playground.comfyui import ComfyUI

Json = Mapping[str, Any]


def picture(width: int = 64, height: int = 48, colour: str = "teal") -> bytes:
    """A PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(kw_only=True)
class SocketReader:
    """A websocket and all that it received."""

    socket: aiohttp.ClientWebSocketResponse
    client_id: str
    messages: list[Json] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    order: list[Json | bytes] = field(default_factory=list)

    async def until(self, kind: str, limit: float = 10, **data: object) -> Json:
        """Read on until a message of this type whose data has these values."""
        async with asyncio.timeout(limit):
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.frames.append(message.data)
                    self.order.append(message.data)
                    continue
                text = json.loads(message.data)
                self.messages.append(text)
                self.order.append(text)
                if text["type"] == kind and data.items() <= text["data"].items():
                    return text
        raise AssertionError(f"closed with {self.socket.close_code} before {kind}")

    async def until_end(self, prompt_id: str, limit: float = 10) -> list[Json]:
        """Read on until the last event of a prompt; all messages so far."""
        await self.until("executing", limit, node=None, prompt_id=prompt_id)
        return self.messages

    async def closed(self, limit: float = 5) -> int | None:
        """Read on until the socket is closed; its code."""
        async with asyncio.timeout(limit):
            async for _ in self.socket:
                pass
        return self.socket.close_code


class ComfyUIClient:
    """One client of a ComfyUI."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Status and JSON (text if it is none)."""
        async with self.session.get(path, params=query) as answer:
            return answer.status, await _body(answer)

    async def post(self, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON (text if it is none)."""
        async with self.session.post(path, json=body) as answer:
            return answer.status, await _body(answer)

    async def upload(self, name: str = "girl.png", data: bytes | None = None, **fields: str) -> Json:
        """Upload a picture that must be accepted."""
        status, body = await self.try_upload(name, data, **fields)
        assert status == 200, body
        return body

    async def try_upload(self, name: str, data: bytes | None = None, **fields: str) -> tuple[int, Any]:
        """Upload anything."""
        form = aiohttp.FormData()
        form.add_field("image", picture() if data is None else data, filename=name)
        for key, value in fields.items():
            form.add_field(key, value)
        async with self.session.post("/upload/image", data=form) as answer:
            return answer.status, await _body(answer)

    async def submit(self, graph: Json, **body: object) -> str:
        """Submit a graph that must be accepted; its id."""
        status, answer = await self.post("/prompt", {"prompt": graph, **body})
        assert status == 200, answer
        return answer["prompt_id"]

    async def outcome(self, prompt_id: str) -> Json:
        """The history entry of a prompt that ended."""
        _, body = await self.get(f"/history/{prompt_id}")
        return body[prompt_id]

    async def download(self, entry: Json) -> bytes:
        """The file of one output entry."""
        query = {key: entry[key] for key in ("filename", "subfolder", "type")}
        async with self.session.get("/view", params=query) as answer:
            assert answer.status == 200
            return await answer.read()

    async def run(self, graph: Json, *, modern: bool = False, **body: object) -> list[Json]:
        """Submit a graph; all messages to its submitter after the first status, to the prompt's end."""
        async with self.listening(modern=modern) as reader:
            reader.messages.clear()
            return await reader.until_end(await self.submit(graph, client_id=reader.client_id, **body))

    @contextlib.asynccontextmanager
    async def listening(
        self, client_id: str | None = None, *, modern: bool = False
    ) -> AsyncIterator[SocketReader]:
        """A websocket that has received its first status; `modern` asks for preview metadata."""
        client_id = client_id or str(uuid.uuid4())
        async with self.session.ws_connect("/ws", params={"clientId": client_id}) as socket:
            reader = SocketReader(socket=socket, client_id=client_id)
            await reader.until("status", sid=client_id)
            if modern:
                flags = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
                await socket.send_json(flags)
                await reader.until("feature_flags")
            yield reader


@contextlib.asynccontextmanager
async def open_client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    """A client with a session of its own."""
    async with aiohttp.ClientSession(comfyui.url, timeout=aiohttp.ClientTimeout(10)) as session:
        yield ComfyUIClient(session)


async def _body(answer: aiohttp.ClientResponse) -> Any:
    if answer.content_type == "application/json":
        return await answer.json()
    return (await answer.read()).decode("latin-1")
