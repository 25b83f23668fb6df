"""Everything that is opened at the start and closed at the end."""

import contextlib
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from discord.ext import commands
from yarl import URL

import comfy
import media
import storage
from cogs.messages.bot_reactions import Marks
from cogs.messages.hourglass import Hourglass
from cogs.messages.lost_status import Lost
from cogs.messages.status_editor import Presenter, open_presenter
from cogs.runtime.client import open_client
from cogs.runtime.settings import Settings
from jobs.notifier import Bell


def load_workflows(settings: Settings) -> Mapping[str, comfy.Workflow]:
    """The built-in workflows and the owner's. Raises WorkflowInvalid."""
    return comfy.load_workflows(comfy.BUILT_IN, *filter(None, [settings.workflows_dir]))


@contextlib.asynccontextmanager
async def open_servers(
    settings: Settings, instance: str, workflows: Mapping[str, comfy.Workflow]
) -> AsyncGenerator[list[comfy.Server]]:
    """Every ComfyUI of the settings; those that are down come later by themselves."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                comfy.open_server(
                    url,
                    name=server_name(url),
                    client_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{instance} {url}")),
                    workflows=workflows,
                    files=settings.model_files(),
                    token=settings.token_of(number),
                    patience=settings.comfyui_patience,
                    yield_to_others=settings.comfyui_yield_to_others,
                )
            )
            for number, url in enumerate(settings.comfyui_url)
        ]


def server_name(url: str) -> str:
    """Host, port and path: what the log and the rows call a server, without a password in its address."""
    address = URL(url)
    return f"{address.host}:{address.port}{address.path.rstrip('/')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What was opened, and is closed at the end; the last opened first."""

    workflows: Mapping[str, comfy.Workflow]
    store: storage.Store
    files: storage.Files
    session: aiohttp.ClientSession
    pictures: media.Media
    servers: Sequence[comfy.Server]
    client: commands.Bot
    presenter: Presenter
    lost: Lost
    hourglass: Hourglass
    marks: Marks
    bell: Bell


@contextlib.asynccontextmanager
async def open_resources(settings: Settings) -> AsyncGenerator[Resources]:
    """Database, sockets, child processes, the Discord client, and the messages' editor."""
    workflows, bell = load_workflows(settings), Bell()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(storage.open_store(settings.data_dir, settings.limits()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        pictures = await stack.enter_async_context(media.open_media(limit=2))
        servers = await stack.enter_async_context(open_servers(settings, await store.instance(), workflows))
        token = settings.discord_token.get_secret_value()
        client = await stack.enter_async_context(open_client(token, settings.discord_api_url))
        lost, marks = Lost(client, store, bell, settings.on_delete), Marks(client)
        hourglass = Hourglass(marks, store)
        presenter = await stack.enter_async_context(
            open_presenter(store, client.get_partial_messageable, lost, hourglass)
        )
        yield Resources(
            workflows=workflows,
            store=store,
            files=storage.Files(settings.data_dir),
            session=session,
            pictures=pictures,
            servers=servers,
            client=client,
            presenter=presenter,
            lost=lost,
            hourglass=hourglass,
            marks=marks,
            bell=bell,
        )
