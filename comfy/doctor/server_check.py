"""Check one server: everything that would keep it from making clips, found before a job fails."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from comfy.doctor.findings import (
    IDLE,
    IS_COMFYUI,
    MEMORY,
    PREVIEWS,
    REACHABLE,
    TOKEN,
    VERSION,
    WEBSOCKET,
    Finding,
)
from comfy.doctor.job_checks import OLDEST_VERSION, check_ids, check_workflow
from comfy.doctor.requirement_checks import check_requirements
from comfy.errors import ComfyError, ServerUnreachable, TokenRefused
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.system_stats import SystemStats, parse_version
from comfy.server.connect import open_server, open_transport
from comfy.server.server import Server
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.workflow import Workflow, used_classes

WEBSOCKET_TIMEOUT = 15.0  # seconds
# The ports of ComfyUI, and of its Desktop edition.
DEFAULT_PORTS = (8188, 8000)
PORT_TIMEOUT = 3.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerToCheck:
    """A server, and what it shall be able to do; `picture` is a small one to try it with."""

    url: str
    name: str
    token: str | None
    workflows: Mapping[str, Workflow]
    files: ModelFiles
    picture: bytes


async def check_server(target: ServerToCheck, *, run: bool = False) -> list[Finding]:
    """Check everything; with `run`, make the smallest clip with each workflow that can run.

    Raises no ComfyError: that is a finding.
    """
    findings: list[Finding] = []
    try:
        async with open_transport(target.url, name=target.name, token=target.token) as transport:
            endpoints = Endpoints(transport, owner=str(uuid4()))
            # One by one, so that what was found before an error is kept.
            async for finding in _check(target, endpoints, run=run):
                findings.append(finding)  # noqa: PERF401 - see above
    except ComfyError as err:
        findings.append(_describe_error(err, target.name))
    return findings


async def find_local_servers(host: str = "127.0.0.1") -> list[str]:
    """The URLs on that host, among the default ports, where a ComfyUI answers."""
    urls = [f"http://{host}:{port}" for port in DEFAULT_PORTS]
    async with asyncio.TaskGroup() as tasks:
        answers = {url: tasks.create_task(_is_comfyui(url), name=f"looking at {url}") for url in urls}
    return [url for url, answer in answers.items() if answer.result()]


async def _check(target: ServerToCheck, endpoints: Endpoints, *, run: bool) -> AsyncIterator[Finding]:
    for finding in _check_stats(target, await endpoints.system_stats()):
        yield finding
    node_classes = await endpoints.node_classes(used_classes(target.workflows.values()))
    for finding in check_requirements(target.workflows, node_classes, target.files):
        yield finding
    features = await endpoints.features()
    yield PREVIEWS.result(target.name, ok=features.get("supports_preview_metadata") is True)
    async for finding in _check_jobs(target, endpoints, run=run):
        yield finding


async def _check_jobs(target: ServerToCheck, endpoints: Endpoints, *, run: bool) -> AsyncIterator[Finding]:
    async with open_server(
        target.url,
        name=target.name,
        client_id=str(uuid4()),
        workflows=target.workflows,
        files=target.files,
        token=target.token,
    ) as server:
        websocket = await _check_websocket(server)
        yield websocket
        queue = await endpoints.queue()
        if prompts := len(queue.running) + len(queue.waiting):
            yield IDLE.result(target.name, ok=False, others=str(prompts))
            return
        if not websocket.ok:
            return
        for finding in await check_ids(server, endpoints, target.picture):
            yield finding
        for name in sorted(server.runnable) if run else ():
            for finding in await check_workflow(server, target.workflows[name], target.picture):
                yield finding


def _check_stats(target: ServerToCheck, stats: SystemStats) -> Iterator[Finding]:
    """It answered, and took the token."""
    yield REACHABLE.result(target.name, ok=True, milliseconds=f"{stats.latency * 1000:.0f}")
    if target.token:
        yield TOKEN.result(target.name, ok=True)
    ok = parse_version(stats.version) >= parse_version(OLDEST_VERSION)
    yield VERSION.result(stats.version, ok=ok, since=OLDEST_VERSION)
    for device in stats.devices:
        free, total = (f"{size / 2**30:.1f}" for size in (device.free, device.total))
        yield MEMORY.result(device.name, ok=True, free=free, total=total)


async def _check_websocket(server: Server) -> Finding:
    """Some proxies let everything through but websockets."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WEBSOCKET_TIMEOUT):
            while not server.reachable:
                await server.changed()
    return WEBSOCKET.result(server.name, ok=server.reachable, reason=str(server.error or ""))


def _describe_error(err: ComfyError, name: str) -> Finding:
    match err:
        case ServerUnreachable(reason=reason):
            return REACHABLE.result(name, ok=False, reason=reason)
        case TokenRefused():
            return TOKEN.result(name, ok=False)
        case _:
            return IS_COMFYUI.result(name, ok=False, reason=str(err))


async def _is_comfyui(url: str) -> bool:
    try:
        async with asyncio.timeout(PORT_TIMEOUT), open_transport(url, name=url, token=None) as transport:
            await Endpoints(transport, owner="").system_stats()
    except TokenRefused:
        return True
    except (ComfyError, TimeoutError):
        return False
    return True
