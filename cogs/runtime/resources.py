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
from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.lost_status import LostStatusHandler
from cogs.messages.status_editor import StatusEditor, open_status_editor
from cogs.runtime.client import open_client
from cogs.runtime.settings import Settings
from jobs.notifier import QueueNotifier


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
    status_editor: StatusEditor
    lost_status: LostStatusHandler
    pending_reaction: PendingReaction
    bot_reactions: BotReactions
    notifier: QueueNotifier


@contextlib.asynccontextmanager
async def open_resources(settings: Settings) -> AsyncGenerator[Resources]:
    """Database, sockets, child processes, the Discord client, and the messages' editor."""
    workflows, notifier = load_workflows(settings), QueueNotifier()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(storage.open_store(settings.data_dir, settings.limits()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        pictures = await stack.enter_async_context(media.open_media(limit=2))
        servers = await stack.enter_async_context(open_servers(settings, await store.instance(), workflows))
        token = settings.discord_token.get_secret_value()
        client = await stack.enter_async_context(open_client(token, settings.discord_api_url))
        lost_status, bot_reactions = (
            LostStatusHandler(client, store, notifier, settings.on_delete),
            BotReactions(client),
        )
        pending_reaction = PendingReaction(bot_reactions, store)
        status_editor = await stack.enter_async_context(
            open_status_editor(store, client.get_partial_messageable, lost_status, pending_reaction)
        )
        yield Resources(
            workflows=workflows,
            store=store,
            files=storage.Files(settings.data_dir),
            session=session,
            pictures=pictures,
            servers=servers,
            client=client,
            status_editor=status_editor,
            lost_status=lost_status,
            pending_reaction=pending_reaction,
            bot_reactions=bot_reactions,
            notifier=notifier,
        )
