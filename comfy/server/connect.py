"""Open a server: its HTTP session and its tasks, both closed at the end."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager

from comfy.protocol.endpoints import Endpoints
from comfy.protocol.object_info import NodeClasses
from comfy.protocol.session import open_session
from comfy.protocol.transport import Transport
from comfy.server.server import Server
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.workflow import Workflow


@asynccontextmanager
async def open_server(
    url: str,
    *,
    name: str,
    client_id: str,
    owner: str = "",
    workflows: Mapping[str, Workflow],
    files: ModelFiles,
    token: str | None = None,
    answer_timeout: float = 60,
    silence_timeout: float = 5,
    reset_timeout: float = 30,
    yield_to_others: bool = False,
    refresh_seconds: float = 60,
    on_classes: Callable[[NodeClasses], None] = lambda _: None,
) -> AsyncGenerator[Server]:
    """Open a server at `url` (http or https, a path prefix is allowed); at once, even if it is down.

    `client_id`: the same after a restart of the caller, so that a running job's messages arrive again.
    `owner`: what prompts are marked with, by all who use one database; by default the `client_id`.
    `token`: sent as `Authorization: Bearer` with every request, the websocket's handshake included.
    `answer_timeout`: seconds that `follow` waits for a server that does not answer.
    `silence_timeout`: seconds without a websocket message after which it asks the server.
    `reset_timeout`: seconds for which it takes no jobs after three in a row failed; doubled the next time.
    `yield_to_others`: take no jobs while prompts of other clients wait or run.
    `refresh_seconds`: how often it is asked again what it can run; when that is wanted, 12 times as often.
    `on_classes` gets what it says of its node classes, whenever that has changed.
    """
    async with open_transport(url, name=name, token=token) as transport:
        server = Server(
            transport,
            client_id=client_id,
            owner=owner or client_id,
            workflows=workflows,
            files=files,
            answer_timeout=answer_timeout,
            silence_timeout=silence_timeout,
            reset_timeout=reset_timeout,
            yield_to_others=yield_to_others,
            refresh_seconds=refresh_seconds,
            on_classes=on_classes,
        )
        with _without_group():
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(server.run(), name=f"{name}: run")
                try:
                    yield server
                finally:
                    running.cancel()


@asynccontextmanager
async def open_transport(url: str, *, name: str, token: str | None) -> AsyncGenerator[Transport]:
    """Open an HTTP session to `url` with that token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with open_session(headers) as session:
        yield Transport(session, url, name=name)


async def read_node_classes(url: str, *, name: str, token: str | None) -> NodeClasses:
    """Every node class of the server at `url`. Raises ComfyError."""
    async with open_transport(url, name=name, token=token) as transport:
        return await Endpoints(transport, owner="").all_node_classes()


@contextmanager
def _without_group() -> Generator[None]:
    """Unwrap an ExceptionGroup of one exception: what the body of `open_server` raised."""
    try:
        yield
    except BaseExceptionGroup as group:
        first, *others = group.exceptions
        if others:
            raise
        raise first from first.__cause__
