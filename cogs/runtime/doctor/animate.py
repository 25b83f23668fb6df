"""Checks what a plain `/animate` would come to right now, with the code that answers it."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress

import comfy
from cogs.runtime.doctor.report import Line, failed, passed
from cogs.runtime.processes.compute_servers import open_servers
from cogs.runtime.resources import open_workflows
from cogs.runtime.settings import Settings
from cogs.ui.texts import render_refusal
from jobs.announcer import WaitReason
from jobs.errors import Refusal
from jobs.trial import try_request

CHECK = "animate"
SERVERS_TIMEOUT = 20.0  # seconds
FIX = "See what is marked with ✗ for the servers."
REASONS = {
    WaitReason.UNREACHABLE: "no server that could make the clip answers",
    WaitReason.TOKEN_REFUSED: "no server takes the token",
    WaitReason.CANNOT_RUN: "no server can make the clip",
    WaitReason.STUCK: "the server does not stop its last job",
    WaitReason.FAULTY: "the server is left alone after several failures",
    WaitReason.DRAINED: "the server takes no jobs",
}


async def check_animate(settings: Settings) -> Line:
    """Whether `/animate` with a picture and a prompt alone would be taken, and by which workflow it runs."""
    async with (
        open_workflows(settings) as workflows,
        open_servers(settings, str(uuid.uuid4()), workflows) as servers,
    ):
        await wait_for_answers(servers)
        return try_animate(workflows, servers)


def try_animate(workflows: Mapping[str, comfy.Workflow], servers: Sequence[comfy.Server]) -> Line:
    """What a plain request comes to on these servers."""
    try:
        outcome = try_request(workflows, servers)
    except Refusal as refusal:
        return failed(CHECK, f"/animate would answer: {render_refusal('en-US', refusal)}", FIX)
    if isinstance(outcome, WaitReason):
        return failed(CHECK, f"/animate would wait in vain: {REASONS[outcome]}", FIX)
    return passed(CHECK, f"/animate would take the preset {outcome.preset} and {outcome.workflow}")


async def wait_for_answers(servers: Sequence[comfy.Server]) -> None:
    """Wait until every server has said what it can run, or why it does not."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SERVERS_TIMEOUT), asyncio.TaskGroup() as tasks:
            for server in servers:
                tasks.create_task(_wait_for_answer(server), name=f"doctor: {server.name} for /animate")


async def _wait_for_answer(server: comfy.Server) -> None:
    while not server.reachable and server.error is None:
        await server.changed()
