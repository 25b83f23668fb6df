"""A check-up of one server: everything that would keep it from making clips, found before a job does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from comfy.doctor.findings import Check, Finding, Fix
from comfy.doctor.inspection import inspect
from comfy.doctor.trials import try_ids, try_workflow
from comfy.errors import ComfyError, ServerUnreachable, TokenRefused
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.json_values import as_mapping
from comfy.protocol.object_info import parse_object_info
from comfy.protocol.queue import ServerQueue
from comfy.protocol.system_stats import SystemStats, parse_version
from comfy.protocol.transport import INVENTORY, Transport
from comfy.server.connect import open_server, open_transport
from comfy.server.server import Server
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.workflow import Workflow

OLDEST = (0, 3, 45)  # before it, a server chose a prompt_id of its own
SOCKET_PATIENCE = 15.0  # seconds
# Where a ComfyUI listens, and where its Desktop edition does.
USUAL_PORTS = (8188, 8000)
LOOK = 3.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerToCheck:
    """The server to check, and what it shall be able to do; `picture` is a small one to try with."""

    url: str
    name: str
    token: str | None
    workflows: Mapping[str, Workflow]
    files: ModelFiles
    picture: bytes


async def check_server(subject: ServerToCheck, *, run: bool = False) -> list[Finding]:
    """Look at everything; with `run`, make the smallest clip with each workflow that can run.

    Raises nothing that a server does: that is a finding.
    """
    findings: list[Finding] = []
    try:
        async with open_transport(subject.url, name=subject.name, token=subject.token) as transport:
            # One by one, so that what was found before a fault is kept.
            async for finding in _check(subject, transport, run=run):
                findings.append(finding)  # noqa: PERF401 - see above
    except ComfyError as err:
        findings.append(_fault(err, subject.name))
    return findings


async def find_local_servers(host: str = "127.0.0.1") -> list[str]:
    """The addresses of that host, among the usual ones, where a ComfyUI answers."""
    urls = [f"http://{host}:{port}" for port in USUAL_PORTS]
    async with asyncio.TaskGroup() as tasks:
        looks = {url: tasks.create_task(_is_comfyui(url), name=f"looking at {url}") for url in urls}
    return [url for url, look in looks.items() if look.result()]


async def _check(subject: ServerToCheck, transport: Transport, *, run: bool) -> AsyncIterator[Finding]:
    endpoints = Endpoints(transport, owner=str(uuid4()))
    vitals = await endpoints.system_stats()
    for finding in _greet(subject, vitals):
        yield finding
    classes = {node.class_type for each in subject.workflows.values() for node in each.nodes.values()}
    catalogue = parse_object_info(await transport.get("object_info", INVENTORY), classes)
    for finding in inspect(subject.workflows, catalogue, subject.files):
        yield finding
    yield await _previews(transport, subject.name)
    async for finding in _try(subject, endpoints, run=run):
        yield finding


async def _try(subject: ServerToCheck, endpoints: Endpoints, *, run: bool) -> AsyncIterator[Finding]:
    async with open_server(
        subject.url,
        name=subject.name,
        client_id=str(uuid4()),
        workflows=subject.workflows,
        files=subject.files,
        token=subject.token,
    ) as server:
        socket = await _socket(server)
        yield socket
        backlog = await endpoints.queue()
        if backlog.running or backlog.waiting:
            yield _busy(subject.name, backlog)
            return
        if not socket.ok:
            return
        for finding in await try_ids(server, endpoints, subject.picture):
            yield finding
        for name in sorted(server.runnable) if run else ():
            for finding in await try_workflow(server, subject.workflows[name], subject.picture):
                yield finding


def _greet(subject: ServerToCheck, vitals: SystemStats) -> list[Finding]:
    """It answered, and took the token."""
    new_enough = parse_version(vitals.version) >= OLDEST
    version = Finding(
        check=Check.VERSION,
        ok=new_enough,
        subject=vitals.version,
        needed=True,
        fix=None if new_enough else Fix.UPDATE_COMFYUI,
        fields={} if new_enough else {"since": ".".join(map(str, OLDEST))},
    )
    latency = {"milliseconds": f"{vitals.latency * 1000:.0f}"}
    return [
        Finding(check=Check.REACHABLE, ok=True, subject=subject.name, needed=True, fields=latency),
        *([Finding(check=Check.TOKEN, ok=True, subject=subject.name, needed=True)] if subject.token else []),
        version,
        *(
            Finding(
                check=Check.MEMORY,
                ok=True,
                subject=device.name,
                fields={"free": f"{device.free / 2**30:.1f}", "total": f"{device.total / 2**30:.1f}"},
            )
            for device in vitals.devices
        ),
    ]


async def _previews(transport: Transport, name: str) -> Finding:
    features = as_mapping(await transport.get("features"), "features")
    ok = features.get("supports_preview_metadata") is True
    return Finding(check=Check.PREVIEWS, ok=ok, subject=name, fix=None if ok else Fix.UPDATE_COMFYUI)


async def _socket(server: Server) -> Finding:
    """Some proxies let everything through but websockets."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SOCKET_PATIENCE):
            while not server.reachable:
                await server.changed()
    if server.reachable:
        return Finding(check=Check.WEBSOCKET, ok=True, subject=server.name, needed=True)
    fields = {"reason": str(server.error or "")}
    return _missing(Check.WEBSOCKET, server.name, Fix.LET_WEBSOCKET_THROUGH, fields)


def _busy(name: str, backlog: ServerQueue) -> Finding:
    fields = {"others": str(len(backlog.running) + len(backlog.waiting))}
    return Finding(check=Check.IDLE, ok=False, subject=name, fix=Fix.TRY_WHEN_IDLE, fields=fields)


def _fault(err: ComfyError, name: str) -> Finding:
    match err:
        case ServerUnreachable(reason=reason):
            return _missing(Check.REACHABLE, name, Fix.START_SERVER, {"reason": reason})
        case TokenRefused():
            return _missing(Check.TOKEN, name, Fix.SET_TOKEN, {})
        case _:
            return _missing(Check.REACHABLE, name, Fix.NOT_COMFYUI, {"reason": str(err)})


def _missing(check: Check, subject: str, fix: Fix, fields: Mapping[str, str]) -> Finding:
    return Finding(check=check, ok=False, subject=subject, needed=True, fix=fix, fields=fields)


async def _is_comfyui(url: str) -> bool:
    try:
        async with asyncio.timeout(LOOK), open_transport(url, name=url, token=None) as transport:
            await Endpoints(transport, owner="").system_stats()
    except TokenRefused:
        return True
    except (ComfyError, TimeoutError):
        return False
    return True
