"""Starts and stops one server process: all that a restart throws away."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from aiohttp import web

from playground.comfyui.execution.engine import Engine
from playground.comfyui.execution.node_environment import NodeEnvironment
from playground.comfyui.http.about import AboutEndpoints
from playground.comfyui.http.files import FileEndpoints
from playground.comfyui.http.policy import Handler, RequestPolicy, add_policy
from playground.comfyui.http.queue import QueueEndpoints
from playground.comfyui.http.socket import SocketEndpoint
from playground.comfyui.queue import PromptQueue
from playground.comfyui.sockets import Sockets, cut
from playground.comfyui.values import Run

_HOST = "127.0.0.1"
_MAX_UPLOAD = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """The parts of a running server that ComfyUI's methods use."""

    port: int
    sockets: Sockets
    prompt_queue: PromptQueue
    queue: QueueEndpoints


@contextlib.asynccontextmanager
async def serve(
    environment: NodeEnvironment,
    runs: list[Run],
    port: int,
    prefix: str,
    token: Callable[[], str | None],
) -> AsyncGenerator[RunningServer, None]:
    """Serve until the block ends; then cut every connection, as a killed process does (recording 18)."""
    environment.folders.prepare()
    node_classes = environment.node_classes
    sockets = Sockets(environment.faults)
    prompt_queue = PromptQueue(lambda: sockets.post("status", prompt_queue.status(), None))
    engine = Engine(environment, sockets, prompt_queue, runs)
    queue = QueueEndpoints(environment, node_classes, prompt_queue, engine)
    routes = [
        *queue.routes(),
        *FileEndpoints(environment.folders, environment.faults).routes(),
        *AboutEndpoints(node_classes, environment.folders).routes(),
        *SocketEndpoint(node_classes, sockets, prompt_queue, engine).routes(),
    ]
    application = _build_application(routes, prefix, RequestPolicy(token, environment.faults))
    async with _listening(application, port) as bound, asyncio.TaskGroup() as tasks:
        workers = [
            tasks.create_task(sockets.send_messages(), name="comfyui-sockets"),
            tasks.create_task(engine.run(), name="comfyui-engine"),
        ]
        yield RunningServer(port=bound, sockets=sockets, prompt_queue=prompt_queue, queue=queue)
        for worker in workers:
            worker.cancel()


def _build_application(routes: list[web.RouteDef], prefix: str, policy: RequestPolicy) -> web.Application:
    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await policy.handle(request, handler)

    application = web.Application(middlewares=[handle], client_max_size=_MAX_UPLOAD)
    application.on_response_prepare.append(add_policy)
    for route in routes:
        for path in (prefix + route.path, f"{prefix}/api{route.path}"):
            web.RouteDef(route.method, path, route.handler, route.kwargs).register(application.router)
    return application


@contextlib.asynccontextmanager
async def _listening(application: web.Application, port: int) -> AsyncGenerator[int, None]:
    runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, port).start()
        yield int(runner.addresses[0][1])
    finally:
        for connection in runner.server.connections if runner.server else ():
            cut(connection.transport)
        await runner.cleanup()
