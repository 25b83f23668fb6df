"""Run one job of a workflow on a server, as somebody's request would, and keep its clip."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from comfy.doctor.findings import RUN, Finding
from comfy.doctor.graph_checks import SampleJob
from comfy.doctor.job_checks import check_workflow
from comfy.doctor.server_check import ServerToCheck
from comfy.server.connect import open_server
from comfy.server.server import Server
from comfy.workflows.workflow import Workflow

ANSWER_TIMEOUT = 60.0  # seconds


async def make_clip(target: ServerToCheck, name: str, sample: SampleJob, folder: Path) -> list[Finding]:
    """Run a job of the workflow of that name; it waits for its turn behind those that are there.

    The finding of RUN has the name of the clip in `folder` in its field `clip`. Raises OSError where nothing
    can be written there.
    """
    if sample.refusal:
        return [RUN.result(name, ok=False, reason=sample.refusal)]
    workflows: Mapping[str, Workflow] = {name: target.workflows[name]}
    async with open_server(
        target.url,
        name=target.name,
        client_id=str(uuid4()),
        workflows=workflows,
        files=target.files,
        token=target.token,
    ) as server:
        await _wait_for_answer(server)
        if name not in server.runnable:
            reason = str(server.error or "it lacks what the workflow needs")
            return [RUN.result(name, ok=False, reason=reason)]
        attention = target.files.attention
        return await check_workflow(
            server, workflows[name], target.picture, attention=attention, sample=sample, keep=folder
        )


async def _wait_for_answer(server: Server) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_TIMEOUT):
            while not server.reachable and server.error is None:
                await server.changed()
