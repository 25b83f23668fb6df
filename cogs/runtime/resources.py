"""Opens database, sockets, child processes and client, and builds the context that every cog gets."""

import contextlib
import logging
import math
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
from yarl import URL

import comfy
import media
import storage
from cogs.actions.attachments import Attachments
from cogs.actions.channel_rights import ChannelRightsFinder
from cogs.actions.context import BotContext
from cogs.messages.job_messages import open_job_messages
from cogs.runtime.client import open_client
from cogs.runtime.settings import Settings, own_workflows
from jobs.notifier import QueueNotifier
from jobs.observing.gpu_time import GpuTime
from jobs.observing.outages import Outages
from jobs.pace import QueuePositions
from jobs.power.manager import PowerManager
from jobs.power.state import PowerState
from jobs.run import PreviewPolicy, RunContext
from jobs.service import JobService
from jobs.worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What `open_resources` opened and built."""

    context: BotContext
    worker: Worker
    gpu_time: GpuTime
    power: PowerManager


@contextlib.asynccontextmanager
async def open_resources(settings: Settings) -> AsyncGenerator[Resources]:
    """Open everything, to be closed at the end in reverse order.

    Raises StoreError, and what `open_client` raises.
    """
    notifier = QueueNotifier()
    async with contextlib.AsyncExitStack() as stack:
        workflows = await stack.enter_async_context(open_workflows(settings))
        store = await stack.enter_async_context(storage.open_store(settings.data_dir, settings.limits()))
        proxy = settings.discord_proxy()
        session = await stack.enter_async_context(aiohttp.ClientSession(proxy=proxy))
        pictures = await stack.enter_async_context(media.open_media(limit=2))
        servers = await stack.enter_async_context(open_servers(settings, await store.instance(), workflows))
        token = settings.discord_token.get_secret_value()
        outages = Outages(servers, warn_seconds=settings.comfyui_away_minutes * 60)
        client = await stack.enter_async_context(open_client(token, settings.discord_api_url, proxy))
        files = await storage.open_blobs(settings.blobs(), store.database, owner=await store.instance())
        messages = await stack.enter_async_context(
            open_job_messages(
                client,
                scheduler=client.scheduler,
                store=store,
                files=files,
                pictures=pictures,
                notifier=notifier,
                on_delete=settings.on_delete,
                workflows=workflows,
                link_seconds=settings.clip_link_seconds(),
            )
        )
        context = BotContext(
            client=client,
            scheduler=client.scheduler,
            policy=settings.access_policy(),
            rights=ChannelRightsFinder(client),
            retention=settings.retention(),
            store=store,
            files=files,
            pictures=pictures,
            workflows=workflows,
            servers=servers,
            service=JobService(
                store=store,
                files=files,
                pictures=pictures,
                workflows=workflows,
                servers=servers,
                shares=settings.share_policy(),
            ),
            attachments=Attachments(session, settings.discord_api_url),
            positions=QueuePositions(
                store,
                workflows,
                servers,
                PowerState(quiet=settings.quiet()),
                away_since=outages.all_since,
            ),
            outages=outages,
            notifier=notifier,
            messages=messages,
            documents=settings.documents(),
        )
        gpu_time = GpuTime()
        yield Resources(
            context=context,
            worker=build_worker(settings, context, gpu_time),
            gpu_time=gpu_time,
            power=build_power(settings, context),
        )


def build_worker(settings: Settings, context: BotContext, gpu_time: GpuTime) -> Worker:
    """The Worker for all servers of the settings."""
    run_context = RunContext(
        store=context.store,
        files=context.files,
        media=context.pictures,
        announcer=context.messages.announcer,
        workflows=context.workflows,
        previews=PreviewPolicy(enabled=settings.previews, disabled_guilds=settings.previews_off_guilds),
        max_run_seconds=(settings.longest_run_minutes or math.inf) * 60,
        upload_limit=context.messages.upload_limits.limit,
        gpu_time=gpu_time,
    )
    return Worker(run_context, context.servers, context.positions, context.notifier)


def build_power(settings: Settings, context: BotContext) -> PowerManager:
    """The PowerManager for the servers that have a hook or a time in the settings."""
    plans = settings.power_plans([each.name for each in context.servers])
    return PowerManager(
        context.store,
        context.workflows,
        context.servers,
        plans,
        context.notifier,
        context.positions.power,
    )


def open_workflows(settings: Settings) -> contextlib.AbstractAsyncContextManager[comfy.WorkflowCatalogue]:
    """The built-in workflows and the owner's, by name; what is wrong with one is logged."""
    folder = own_workflows(settings)
    return comfy.open_catalogue(
        comfy.BUILT_IN,
        folder,
        optional=None if settings.workflows_dir else folder,
        allow_partner_nodes=settings.allow_partner_nodes,
        settings=comfy.OperatorSettings(order=settings.model_order, values=settings.workflow_values),
    )


@contextlib.asynccontextmanager
async def open_servers(
    settings: Settings, instance: str, workflows: comfy.WorkflowCatalogue
) -> AsyncGenerator[list[comfy.Server]]:
    """Every ComfyUI server of the settings; one that is down is connected to when it comes up."""
    async with contextlib.AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(
                comfy.open_server(
                    url,
                    name=server_name(url),
                    client_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{instance} {url}")),
                    workflows=workflows,
                    on_classes=workflows.learn,
                    files=settings.model_files(),
                    token=settings.token_of(number),
                    answer_timeout=settings.comfyui_patience,
                    yield_to_others=settings.comfyui_yield_to_others,
                )
            )
            for number, url in enumerate(settings.comfyui_url)
        ]
        for server in servers:
            workflows.on_change(server.workflows_changed)
        yield servers


def server_name(url: str) -> str:
    """A server's name in the log and in the database: host, port and path, without credentials."""
    address = URL(url)
    return f"{address.host}:{address.port}{address.path.rstrip('/')}"
