"""One line soon after the start: what was found, what is lacking, what to do."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import discord

import comfy
from jobs.fleet.directory import ServerDirectory
from jobs.offers import offered_models
from jobs.routing import KnownServer, runnable_by_any
from storage import StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
SERVERS_TIMEOUT = 10.0  # seconds after the gateway is connected


async def summarize_start(
    client: discord.Client, directory: ServerDirectory, workflows: Mapping[str, comfy.Workflow]
) -> None:
    """Log the summary once the gateway is connected and all servers answer, or SERVERS_TIMEOUT later."""
    await client.wait_until_ready()
    waited = 0.0
    try:
        while not all(each.live for each in await directory.known()) and waited < SERVERS_TIMEOUT:
            await asyncio.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS
        found, lacking = describe_start(len(client.guilds), await directory.known(), workflows)
        log.info("%s", " ".join([found, *lacking]))
    except StoreError as err:
        log.error("what was found at the start cannot be read: %s", err)


def describe_start(
    guilds: int, servers: Sequence[KnownServer], workflows: Mapping[str, comfy.Workflow]
) -> tuple[str, Sequence[str]]:
    """A sentence on what was found, and one for each thing that is lacking, with what to do."""
    up = [server for server in servers if server.live]
    runnable = runnable_by_any(up) or frozenset[str]()
    models = sorted(offered_models(workflows, runnable)) if up else []
    names = f" ({', '.join(models)})" if models else ""
    found = f"Found: {len(up)} of {len(servers)} ComfyUI, {len(models)} models{names}, {guilds} guilds."
    away = [server.name for server in servers if not server.live]
    lacking = list[str]()
    if away:
        lacking.append(f"Lacking: {', '.join(away)}. Start ComfyUI there, or mend COMFYUI_URL.")
    if up and not models:
        lacking.append("Lacking: a model that a ComfyUI can run. `bot.py doctor` says which files to fetch.")
    if not guilds:
        lacking.append("Lacking: a guild. Open the invitation printed above, and choose one.")
    return found, lacking
