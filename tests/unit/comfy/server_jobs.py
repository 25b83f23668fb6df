"""A job through a server, and waiting for what must come."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Self, TypeVar
from uuid import uuid4

from comfy import (
    Done,
    Event,
    Graph,
    ModelFiles,
    OutputFile,
    Pending,
    Server,
    Workflow,
    open_server,
)
from tests.unit.comfy.job_values import values

T = TypeVar("T")

LARGEST_CLIP = 10_000_000
WRAPPED = frozenset({"wan21_i2v", "wan21_i2v_lightx2v", "wan21_i2v_seed"})


def opened(
    url: str,
    workflows: Mapping[str, Workflow],
    *,
    token: str | None = None,
    client_id: str = "",
    silence_timeout: float = 0.2,
    reset_timeout: float = 30,
    yield_to_others: bool = False,
    refresh_seconds: float = 60,
) -> AbstractAsyncContextManager[Server]:
    return open_server(
        url,
        name="gpu",
        client_id=client_id or str(uuid4()),
        workflows=workflows,
        files=ModelFiles(),
        token=token,
        answer_timeout=2,
        silence_timeout=silence_timeout,
        reset_timeout=reset_timeout,
        yield_to_others=yield_to_others,
        refresh_seconds=refresh_seconds,
    )


async def soon(wanted: Awaitable[T], limit: float = 10) -> T:
    async with asyncio.timeout(limit):
        return await wanted


async def build(server: Server, picture: bytes, **changed: object) -> Graph:
    image = await server.upload(picture, name="picture.png")
    return server.build("wan21_i2v", values(**changed), image)


async def run(
    server: Server, graph: Graph, prompt_id: str, submitted: asyncio.Event | None = None
) -> list[Event]:
    """A job from submission, after which `submitted` is set, to its end."""
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        if submitted:
            submitted.set()
        return [event async for event in events]


class Job:
    """A job under way in a task of its own: `async with Job(server, graph) as job: … await job.events`."""

    def __init__(self, server: Server, graph: Graph) -> None:
        self.id = str(uuid4())
        self.submitted = asyncio.Event()  # until then a later job may be before it in the queue
        self._work = run(server, graph, self.id, self.submitted)

    async def __aenter__(self) -> Self:
        self.events = asyncio.create_task(self._work, name=f"job {self.id}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.events.cancel()
        await asyncio.wait([self.events])

    async def end(self, limit: float = 10) -> Event:
        """Its last event; raises what following it raised."""
        return (await soon(self.events, limit))[-1]


async def clip(server: Server, picture: bytes) -> OutputFile:
    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
    assert isinstance(done, Done)
    return done.files[0]


def image_of(graph: Graph) -> str:
    return str(graph.nodes["42"].inputs["image"])


async def located(server: Server, prompt_id: str, place: Pending) -> None:
    async with asyncio.timeout(10):
        while await server.locate(prompt_id) != place:
            pass


async def until(server: Server, condition: Callable[[], bool]) -> None:
    while not condition():
        await server.changed()


def contents(folder: Path) -> list[Path]:
    return list(folder.iterdir())
