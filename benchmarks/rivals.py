"""Four ways to bring a clip: ours, an ideal script, a client from PyPI, and the way most people do it."""

import asyncio
import importlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

import comfy

LIMIT = 200 * 2**20  # bytes


class Rival(ABC):
    """Raises whatever it raises when there is no clip; coming back means that it says there is one."""

    name: str

    @abstractmethod
    async def make(self, graph: comfy.Graph, to: Path) -> None:
        """Hand the graph in, wait, and bring the clip to `to`."""


class Ours(Rival):
    """comfy/ as the bot uses it."""

    name = "animate"

    def __init__(self, server: comfy.Server) -> None:
        self._server = server

    async def make(self, graph: comfy.Graph, to: Path) -> None:
        prompt_id = str(uuid4())
        async with self._server.follow(prompt_id, graph) as events:
            await self._server.submit(prompt_id, graph)
            async for event in events:
                if isinstance(event, comfy.Failed):
                    raise event.error
                if isinstance(event, comfy.Done):
                    await self._server.download(event.files[0], to, limit=LIMIT)


class Ideal(Rival):
    """As little as can be: a warm socket, one question for the result, no care at all."""

    name = "ideal script"

    def __init__(self, url: str, session: aiohttp.ClientSession, client_id: str, socket: Any) -> None:
        self._url, self._session, self._client_id, self._socket = url, session, client_id, socket

    async def make(self, graph: comfy.Graph, to: Path) -> None:
        prompt_id = str(uuid4())
        body = {"prompt": graph.as_json(), "prompt_id": prompt_id, "client_id": self._client_id}
        async with self._session.post(f"{self._url}/prompt", json=body) as answer:
            await answer.read()
        async for frame in self._socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                message = json.loads(frame.data)
                data = message["data"]
                ended = message["type"] == "executing" and data["node"] is None
                if ended and data.get("prompt_id") == prompt_id:
                    break
        async with self._session.get(f"{self._url}/history/{prompt_id}") as answer:
            outputs = (await answer.json())[prompt_id]["outputs"]
        (file,) = outputs[graph.output]["gifs"]
        query = {name: file[name] for name in ("filename", "subfolder", "type")}
        async with self._session.get(f"{self._url}/view", params=query) as answer:
            save(to, await answer.read())


class Durable(Rival):
    """The ideal script, if a power cut after its last line must not cost the clip: as ours has it."""

    name = "ideal script, fsync"

    def __init__(self, ideal: Ideal) -> None:
        self._ideal = ideal

    async def make(self, graph: comfy.Graph, to: Path) -> None:
        await self._ideal.make(graph, to)
        sync(to)


class Polling(Rival):
    """The original document's: no id of its own, a look every ten seconds, any trouble means "processing"."""

    name = "polling"

    def __init__(self, url: str, *, first: float = 0, every: float = 10) -> None:
        """`first`: seconds to the first look."""
        self._url, self._first, self._every = url, first, every

    async def make(self, graph: comfy.Graph, to: Path) -> None:
        prompt_id = (await self._ask("POST", "prompt", json={"prompt": graph.as_json()}))["prompt_id"]
        await asyncio.sleep(self._first)
        while (entry := await self._look(prompt_id)) is None:  # noqa: ASYNC110 - polling is what it does
            await asyncio.sleep(self._every)
        for output in entry["outputs"].values():
            for file in output.get("gifs", ()):
                query = {name: file[name] for name in ("filename", "subfolder", "type")}
                async with (
                    aiohttp.ClientSession() as session,
                    session.get(f"{self._url}/view", params=query) as answer,
                ):
                    save(to, await answer.read())

    async def _look(self, prompt_id: str) -> Any:
        with suppress(aiohttp.ClientError, TimeoutError):
            await self._ask("GET", "queue")
            return (await self._ask("GET", f"history/{prompt_id}")).get(prompt_id)

    async def _ask(self, method: str, path: str, **rest: Any) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self._url}/{path}", **rest) as answer,
        ):
            return await answer.json()


INSTALL = "python -m pip install --no-deps comfyui-utils==0.0.1"


def is_installed() -> bool:
    """Whether comfyui-utils can be imported."""
    try:
        importlib.import_module("comfyui_utils.comfy")
    except ImportError:
        return False
    return True


class FromPyPI(Rival):
    """comfyui-utils 0.0.1, used as its README shows."""

    name = "comfyui-utils"

    def __init__(self, url: str) -> None:
        utils: Any = importlib.import_module("comfyui_utils.comfy")  # it may not be installed
        self._api = utils.ComfyAPI(url.removeprefix("http://"))
        self._callbacks = utils.Callbacks

    async def make(self, graph: comfy.Graph, to: Path) -> None:
        results: list[Mapping[str, Any]] = []

        class Callbacks(self._callbacks):
            async def queue_position(self, position: object) -> None: ...
            async def in_progress(self, node_id: int, progress: int, total: int) -> None: ...
            async def completed(self, outputs: Mapping[str, Any], cached: bool) -> None:
                results.append(outputs)

        async def keep(content: Any) -> None:
            save(to, content.read())

        await self._api.submit(graph.as_json(), Callbacks())
        file = results[0]["gifs"][0]
        query = {name: file[name] for name in ("filename", "subfolder", "type")}
        await self._api.fetch(query, keep)


def save(to: Path, content: bytes) -> None:
    """As a script does: at once, and not to be sure of it."""
    to.write_bytes(content)


def sync(file: Path) -> None:
    """Wait until it is on the disk."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


@asynccontextmanager
async def opened_server(
    url: str, answer_timeout: float = 60, silence_timeout: float = 5
) -> AsyncGenerator[comfy.Server]:
    """Our client of that server, connected and ready; as the bot has it, unless told otherwise."""
    async with comfy.open_server(
        url,
        name="benchmark",
        client_id=str(uuid4()),
        workflows=comfy.load_workflows(comfy.BUILT_IN),
        files=comfy.ModelFiles(),
        answer_timeout=answer_timeout,
        silence_timeout=silence_timeout,
    ) as server:
        await server.ready()
        yield server


@asynccontextmanager
async def opened_ideal(url: str) -> AsyncGenerator[Ideal]:
    """The ideal script with its socket open."""
    client_id = str(uuid4())
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/ws", params={"clientId": client_id}, max_msg_size=0) as socket,
    ):
        yield Ideal(url, session, client_id, socket)


async def stamps(url: str, prompt_id: str) -> tuple[float, float]:
    """When a job that has ended began and ended: seconds by the server's clock, out of its history."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/history/{prompt_id}") as answer:
        entry = (await answer.json())[prompt_id]
    times = {kind: data["timestamp"] / 1000 for kind, data in entry["status"]["messages"]}
    return times["execution_start"], times["execution_success"]


async def newest(url: str) -> str:
    """The id of the job that ended last; waits until the engine is idle, for some clients do not."""
    async with aiohttp.ClientSession() as session:
        while await _is_busy(session, url):  # noqa: ASYNC110 - a server elsewhere sets no event
            await asyncio.sleep(0.005)
        async with session.get(f"{url}/history", params={"max_items": 1}) as answer:
            return next(iter(await answer.json()))


async def _is_busy(session: aiohttp.ClientSession, url: str) -> bool:
    async with session.get(f"{url}/prompt") as answer:
        return (await answer.json())["exec_info"]["queue_remaining"] > 0
