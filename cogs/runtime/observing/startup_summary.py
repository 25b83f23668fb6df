"""One line soon after the start: what was found, what is lacking, what to do."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

import discord

import comfy
from jobs.offers import offered_models
from jobs.server import ComputeServer

log = logging.getLogger(__name__)

SERVERS_TIMEOUT = 10.0  # seconds after the gateway is connected


async def summarize_start(
    client: discord.Client, servers: Sequence[ComputeServer], workflows: Mapping[str, comfy.Workflow]
) -> None:
    """Log the summary once the gateway is connected and all servers answered, or SERVERS_TIMEOUT later."""
    await client.wait_until_ready()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SERVERS_TIMEOUT):
            for server in servers:
                while server.answered_at is None:
                    await server.changed()
    found, lacking = describe_start(len(client.guilds), servers, workflows)
    log.info("%s", " ".join([found, *lacking]))


def describe_start(
    guilds: int, servers: Sequence[ComputeServer], workflows: Mapping[str, comfy.Workflow]
) -> tuple[str, Sequence[str]]:
    """A sentence on what was found, and one for each thing that is lacking, with what to do."""
    up = [server for server in servers if server.reachable]
    runnable = frozenset[str]().union(*(server.runnable for server in up))
    models = sorted(offered_models(workflows, runnable)) if up else []
    names = f" ({', '.join(models)})" if models else ""
    found = f"Found: {len(up)} of {len(servers)} ComfyUI, {len(models)} models{names}, {guilds} guilds."
    away = [server.name for server in servers if not server.reachable]
    lacking = list[str]()
    if away:
        lacking.append(f"Lacking: {', '.join(away)}. Start ComfyUI there, or mend COMFYUI_URL.")
    if up and not models:
        lacking.append("Lacking: a model that a ComfyUI can run. `bot.py doctor` says which files to fetch.")
    if not guilds:
        lacking.append("Lacking: a guild. Open the invitation printed above, and choose one.")
    return found, lacking
