"""Opens the ComfyUI servers of the settings: their names, and what their prompts are marked with."""

import contextlib
import ipaddress
import uuid
from collections.abc import AsyncGenerator

from yarl import URL

import comfy
from cogs.runtime.settings import Settings

OF_THIS_MACHINE = frozenset({"localhost", "host.docker.internal", "host.containers.internal"})
"""Names that mean another machine on each machine."""


@contextlib.asynccontextmanager
async def open_servers(
    settings: Settings,
    instance: str,
    workflows: comfy.WorkflowCatalogue,
    *,
    worker: str = "",
    host: str = "",
) -> AsyncGenerator[list[comfy.Server]]:
    """Every ComfyUI server of the settings; one that is down is connected to when it comes up.

    `instance`: the id of the database; `worker`, `host`: the names of this process and its machine.
    """
    async with contextlib.AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(
                comfy.open_server(
                    url,
                    name=server_name(url, host if is_fleet(settings) else ""),
                    client_id=client_id(settings, instance, worker, url),
                    owner=owner_of(settings, instance, url),
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


def client_id(settings: Settings, instance: str, worker: str, url: str) -> str:
    """The id of the websocket: the same after a restart, another one for each process of a fleet."""
    own = f"{instance} {worker} {url}" if is_fleet(settings) else f"{instance} {url}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, own))


def owner_of(settings: Settings, instance: str, url: str) -> str:
    """What prompts are marked with: the same for all processes of a fleet, so that any knows its own."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, instance if is_fleet(settings) else f"{instance} {url}"))


def is_fleet(settings: Settings) -> bool:
    """Whether other processes may work with the same database."""
    return bool(settings.database_url.get_secret_value())


def server_name(url: str, host: str = "") -> str:
    """A server's name in the log and in the database: host, port and path, without credentials.

    `host` stands for an address that every machine has, where there are several: two machines'
    127.0.0.1:8188 are two servers.
    """
    address = URL(url)
    name = host if host and is_of_this_machine(address.host or "") else address.host
    return f"{name}:{address.port}{address.path.rstrip('/')}"


def is_of_this_machine(host: str) -> bool:
    """Whether the address means this machine, and on another one that."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return name in OF_THIS_MACHINE or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback or (mapped or address).is_unspecified
