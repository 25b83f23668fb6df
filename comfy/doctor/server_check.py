"""Check one server: everything that would keep it from making clips, found before a job fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import uuid4

from comfy.doctor.address_checks import address_fix
from comfy.doctor.findings import (
    ADDRESS,
    CLOCK,
    IDLE,
    IS_COMFYUI,
    MEMORY,
    PREVIEWS,
    PROMPT_ID,
    REACHABLE,
    REASON_FIXES,
    RUN,
    TOKEN,
    TOKEN_WANTED,
    UNPROVEN_ATTENTION,
    VERSION,
    WEBSOCKET,
    Finding,
)
from comfy.doctor.graph_checks import Pair, SampleJob, Samples, find_refusals
from comfy.doctor.job_checks import OLDEST_VERSION, UPLOAD_NAME, check_ids, check_workflow
from comfy.doctor.partner_checks import check_partners
from comfy.doctor.requirement_checks import adapt_runnable, check_requirements
from comfy.errors import ComfyError, ServerUnreachable, TokenRefused
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.system_stats import SystemStats, parse_version
from comfy.server.connect import open_server, open_transport
from comfy.server.server import Server
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.needed_nodes import used_classes
from comfy.workflows.workflow import Role, Workflow

ANSWER_TIMEOUT = WEBSOCKET_TIMEOUT = 15.0  # seconds
# The ports of ComfyUI, and of its Desktop edition.
DEFAULT_PORTS = (8188, 8000)
PORT_TIMEOUT = 3.0  # seconds
MAX_CLOCK_SKEW = 10.0  # seconds


def no_preference(_: AbstractSet[str]) -> Pair | None:
    """No workflow counts more than another."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerToCheck:
    """A server, and what it shall be able to do; `picture` is a small one to try it with.

    `samples`: jobs whose graphs it is asked about. `prefer`: what a plain request takes of the workflows that
    a server can run.
    """

    url: str
    name: str
    token: str | None
    workflows: Mapping[str, Workflow]
    files: ModelFiles
    picture: bytes
    samples: Samples = field(default_factory=dict[str, Sequence[SampleJob]])
    prefer: Callable[[AbstractSet[str]], Pair | None] = no_preference


async def check_server(target: ServerToCheck, *, run: bool = False) -> list[Finding]:
    """Check everything; with `run`, make the smallest clip with each workflow that can run.

    Raises no ComfyError: that is a finding.
    """
    if how := address_fix(target.url):
        return [ADDRESS.result(target.name, ok=False, how=how)]
    findings: list[Finding] = []
    try:
        async with open_transport(target.url, name=target.name, token=target.token) as transport:
            endpoints = Endpoints(transport, owner=str(uuid4()))
            # One by one, so that what was found before an error is kept.
            async for finding in _check(target, endpoints, run=run):
                findings.append(finding)  # noqa: PERF401 - see above
    except ComfyError as err:
        findings.append(_describe_error(err, target))
    return list(_settle(findings, target))


async def find_local_servers(host: str = "127.0.0.1") -> list[str]:
    """The URLs on that host, among the default ports, where a ComfyUI answers."""
    urls = [f"http://{host}:{port}" for port in DEFAULT_PORTS]
    async with asyncio.TaskGroup() as tasks:
        answers = {url: tasks.create_task(_is_comfyui(url), name=f"looking at {url}") for url in urls}
    return [url for url, answer in answers.items() if answer.result()]


async def _check(target: ServerToCheck, endpoints: Endpoints, *, run: bool) -> AsyncIterator[Finding]:
    for finding in _check_stats(target, await endpoints.system_stats()):
        yield finding
    if (clock := await endpoints.clock()) is not None:
        yield _check_clock(target, clock - time.time())
    node_classes = await endpoints.node_classes(used_classes(target.workflows.values()))
    complete = adapt_runnable(target.workflows, node_classes, target.files)
    refusals = dict[Pair, str]()
    if complete.keys() & target.samples.keys():
        image = await endpoints.upload(target.picture, UPLOAD_NAME)
        refusals |= await find_refusals(endpoints, complete, target.samples, node_classes, image)
    preferred = target.prefer(complete.keys())
    for finding in check_requirements(target.workflows, node_classes, target.files, refusals, preferred):
        yield finding
    for finding in check_partners(target.workflows, node_classes):
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
        if not server.reachable:
            return
        for finding in await check_ids(server, endpoints, target.picture):
            yield finding
        for name in sorted(server.runnable) if run else ():
            workflow, attention = target.workflows[name], target.files.attention
            for finding in await check_workflow(server, workflow, target.picture, attention=attention):
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


def _check_clock(target: ServerToCheck, skew: float) -> Finding:
    direction = "ahead of" if skew > 0 else "behind"
    ok = abs(skew) <= MAX_CLOCK_SKEW
    return CLOCK.result(target.name, ok=ok, seconds=f"{abs(skew):.0f}", direction=direction)


def _settle(findings: Sequence[Finding], target: ServerToCheck) -> Iterator[Finding]:
    """The findings, those that a later one answers corrected: a proof counts more than a sign."""
    takes_ids = any(each.check == PROMPT_ID and each.ok for each in findings)
    runs = {each.subject: each.ok for each in findings if each.check.id == RUN.id}
    preferred = target.prefer(runs.keys())
    tried_attention = any(target.workflows[name].installed.get(Role.ATTENTION) for name in runs)
    for each in findings:
        if each.check == UNPROVEN_ATTENTION and tried_attention:
            continue
        if each.check == VERSION and takes_ids:
            yield replace(each, check=VERSION.for_jobs(False))
        elif each.check.id == RUN.id:
            fails_all = each.subject == preferred[0] if preferred else not any(runs.values())
            yield replace(each, check=each.check.for_jobs(fails_all))
        else:
            yield each


async def _check_websocket(server: Server) -> Finding:
    """Some proxies let everything through but websockets: jobs are polled there."""
    if await _comes(server, lambda: server.reachable, ANSWER_TIMEOUT):
        await _comes(server, lambda: server.live, WEBSOCKET_TIMEOUT)
    return WEBSOCKET.result(server.name, ok=server.live, reason=str(server.websocket_error or "no message"))


async def _comes(server: Server, condition: Callable[[], bool], timeout: float) -> bool:
    """Whether it holds within `timeout` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            while not condition():
                await server.changed()
    return condition()


def _describe_error(err: ComfyError, target: ServerToCheck) -> Finding:
    name = target.name
    match err:
        case ServerUnreachable(reason=reason):
            check = replace(REACHABLE, fix=REASON_FIXES.get(reason, REACHABLE.fix))
            return check.result(name, ok=False, reason=reason)
        case TokenRefused():
            return (TOKEN if target.token else TOKEN_WANTED).result(name, ok=False)
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
