"""Opens database, sockets, child processes and client, and builds what a process of a role needs."""

import contextlib
import logging
import math
import socket
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import aiohttp

import comfy
import media
import storage
from cogs.actions.attachments import Attachments
from cogs.actions.channel_rights import ChannelRightsFinder
from cogs.actions.context import BotContext
from cogs.messages.job_messages import open_job_messages
from cogs.messages.status_writer import StatusWriter
from cogs.runtime.client import open_client
from cogs.runtime.processes.compute_servers import is_fleet, open_servers
from cogs.runtime.processes.gateway_lock import GatewayLock, hold_gateway
from cogs.runtime.processes.version import program
from cogs.runtime.settings import Settings, own_workflows
from jobs.fleet.directory import FleetServers, OwnServers, ServerDirectory
from jobs.fleet.membership import Membership, open_membership
from jobs.fleet.upload_erasure import UploadErasure
from jobs.notifier import QueueNotifier
from jobs.observing.gpu_time import GpuTime
from jobs.observing.outages import Outages
from jobs.pace import QueuePositions
from jobs.power.manager import PowerManager
from jobs.power.state import PowerState
from jobs.run import PreviewPolicy, RunContext
from jobs.service import JobService
from jobs.worker import Worker
from storage import ProcessRole, WorkerRecord

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What `open_resources` opened and built.

    `gateway_lock`: None for a worker; `worker`, `power`: None for a gateway, which has no servers.
    """

    role: ProcessRole
    context: BotContext
    membership: Membership
    gateway_lock: GatewayLock | None
    worker: Worker | None
    power: PowerManager | None
    erasure: UploadErasure
    gpu_time: GpuTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is opened before Discord is asked. `servers`: those of this process."""

    store: storage.Store
    files: storage.Blobs
    workflows: comfy.WorkflowCatalogue
    servers: list[comfy.Server]
    directory: ServerDirectory
    outages: Outages
    notifier: QueueNotifier


@contextlib.asynccontextmanager
async def open_resources(
    settings: Settings, role: ProcessRole = ProcessRole.ALL
) -> AsyncGenerator[Resources]:
    """Open everything, to be closed at the end in reverse order. A gateway waits until no other one lives.

    Raises StoreError, and what `open_client` raises.
    """
    notifier = QueueNotifier()
    async with contextlib.AsyncExitStack() as stack:
        workflows = await stack.enter_async_context(open_workflows(settings))
        store = await stack.enter_async_context(storage.open_store(settings.database(), settings.limits()))
        files = await storage.open_blobs(settings.blobs(), store.database, owner=await store.instance())
        lock = None if role is ProcessRole.WORKER else await stack.enter_async_context(hold_gateway(store))
        record, alone = describe_process(settings, role), not is_fleet(settings)
        servers = list[comfy.Server]()
        if role is not ProcessRole.GATEWAY:
            names = {"worker": record.name, "host": record.host}
            servers = await stack.enter_async_context(
                open_servers(settings, await store.instance(), workflows, **names)
            )
        record = replace(record, servers=tuple(each.name for each in servers))
        membership = await stack.enter_async_context(open_membership(store, record, notifier, alone=alone))
        outages = Outages(servers, warn_seconds=settings.comfyui_away_minutes * 60)
        own = OwnServers(store, workflows, servers, outages.since, lambda: membership.draining)
        opened = Opened(
            store=store,
            files=files,
            workflows=workflows,
            servers=servers,
            directory=own if alone else FleetServers(store, workflows, own),
            outages=outages,
            notifier=notifier,
        )
        context = await _open_context(stack, settings, role, opened)
        gpu_time = GpuTime()
        worker = build_worker(settings, context, membership, gpu_time) if servers else None
        yield Resources(
            role=role,
            context=context,
            membership=membership,
            gateway_lock=lock,
            worker=worker,
            power=build_power(settings, context) if servers else None,
            erasure=UploadErasure(store, worker.uploads if worker else {}, alone=alone),
            gpu_time=gpu_time,
        )


def describe_process(settings: Settings, role: ProcessRole) -> WorkerRecord:
    """The row of this process, without its servers."""
    host = socket.gethostname()
    return WorkerRecord(
        id=uuid.uuid4().hex,
        name=settings.worker_name or host,
        role=role,
        version=program()[1],
        host=host,
    )


async def _open_context(
    stack: contextlib.AsyncExitStack, settings: Settings, role: ProcessRole, opened: Opened
) -> BotContext:
    """Log in, and open what the cogs and the worker work with."""
    store, files, workflows = opened.store, opened.files, opened.workflows
    proxy = settings.discord_proxy()
    session = await stack.enter_async_context(aiohttp.ClientSession(proxy=proxy))
    pictures = await stack.enter_async_context(media.open_media(limit=2))
    token = settings.discord_token.get_secret_value()
    client = await stack.enter_async_context(open_client(token, settings.discord_api_url, proxy))
    messages = await stack.enter_async_context(
        open_job_messages(
            client,
            scheduler=client.scheduler,
            store=store,
            files=files,
            pictures=pictures,
            notifier=opened.notifier,
            on_delete=settings.on_delete,
            workflows=workflows,
            link_seconds=settings.clip_link_seconds(),
            writer=StatusWriter(role.value),
        )
    )
    return BotContext(
        client=client,
        scheduler=client.scheduler,
        policy=settings.access_policy(),
        rights=ChannelRightsFinder(client),
        retention=settings.retention(),
        store=store,
        files=files,
        pictures=pictures,
        workflows=workflows,
        servers=opened.servers,
        directory=opened.directory,
        service=JobService(
            store=store,
            files=files,
            pictures=pictures,
            workflows=workflows,
            directory=opened.directory,
            shares=settings.share_policy(),
        ),
        attachments=Attachments(session, settings.discord_api_url),
        positions=QueuePositions(store, workflows, opened.directory, PowerState(quiet=settings.quiet())),
        outages=opened.outages,
        notifier=opened.notifier,
        messages=messages,
        documents=settings.documents(),
    )


def build_worker(
    settings: Settings, context: BotContext, membership: Membership, gpu_time: GpuTime
) -> Worker:
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
    return Worker(
        run_context, context.servers, context.directory, context.positions, context.notifier, membership
    )


def build_power(settings: Settings, context: BotContext) -> PowerManager:
    """The PowerManager for the servers that have a hook or a time in the settings."""
    plans = settings.power_plans([each.name for each in context.servers])
    return PowerManager(
        context.store,
        context.workflows,
        context.servers,
        context.directory,
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
