"""Runs what an operator sees of the bot: absences of servers, a summary of the start, metrics, health."""

import asyncio
import contextlib
from typing import cast

import discord
from discord.gateway import DiscordWebSocket

from cogs.runtime.observing.measured import LoopLag
from cogs.runtime.observing.startup_summary import summarize_start
from cogs.runtime.resources import Resources
from cogs.runtime.settings import Settings
from storage import ProcessRole


async def observe(settings: Settings, resources: Resources) -> None:
    """Watch the servers, log the summary once, serve the metrics where they have a port; until cancelled."""
    context, loop_lag = resources.context, LoopLag()
    async with contextlib.AsyncExitStack() as stack:
        if settings.metrics_port is not None:
            await stack.enter_async_context(_serve(settings, resources, loop_lag))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(context.outages.run(), name="absences")
        tasks.create_task(loop_lag.run(), name="loop lag")
        if resources.role is not ProcessRole.WORKER:
            summary = summarize_start(context.client, context.directory, context.workflows)
            tasks.create_task(summary, name="summary")


def _serve(
    settings: Settings, resources: Resources, loop_lag: LoopLag
) -> contextlib.AbstractAsyncContextManager[int | None]:
    """Metrics and health at the settings' address."""
    # Imported where they are used: without metrics the bot starts faster.
    from cogs.runtime.observing.http_server import serve_observing
    from cogs.runtime.observing.metrics import Metrics, Sources

    context = resources.context
    sources = Sources(
        store=context.store,
        scheduler=context.scheduler,
        directory=context.directory,
        gpu_time=resources.gpu_time,
        loop_lag=loop_lag,
        online=lambda: resources.role is ProcessRole.WORKER or is_online(context.client),
        guilds=lambda: len(context.client.guilds),
    )
    return serve_observing(Metrics(sources), settings.metrics_host, settings.metrics_port or 0)


def is_online(client: discord.Client) -> bool:
    """Whether the connection to the gateway is open, and has a session."""
    socket = cast(DiscordWebSocket | None, client.ws)  # None before the first connection
    return socket is not None and socket.open and socket.session_id is not None
