"""The wiring: every resource opened, and handed to whoever needs it."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import aiohttp
from discord.ext import commands
from yarl import URL

import comfy
import media
import storage
from cogs.again import Again
from cogs.animate import Animate
from cogs.asking import Asking
from cogs.attachments import Attachments
from cogs.bell import Bell
from cogs.bin import Bin
from cogs.client import open_client
from cogs.clips import upload_limit
from cogs.components import Button, Menu
from cogs.copies import Copies
from cogs.deletions import Deletions
from cogs.delivery import Delivery
from cogs.desk import Desk
from cogs.discarding import Discarding
from cogs.door import Door
from cogs.help import Help
from cogs.history import History
from cogs.hourglass import Hourglass
from cogs.intake import Intake
from cogs.job_buttons import JobButtons
from cogs.language import Language
from cogs.lost import Lost
from cogs.missed import Missed
from cogs.panel import Panel
from cogs.presenter import Presenter, open_presenter
from cogs.presses import Answering, Presses
from cogs.privacy import Privacy
from cogs.queue import Queue
from cogs.reactions import Reactions
from cogs.rules import GuildRules
from cogs.run import Previews, Rooms
from cogs.runner import Runner
from cogs.settings import Settings
from cogs.show import Show
from cogs.status import StatusMessages
from cogs.twin import Twin
from cogs.words import CommandWords
from media import open_media

log = logging.getLogger(__name__)

FAREWELL = 10.0  # seconds

Life = Coroutine[object, object, None]


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
class Bot:
    """What `open_bot` opened: logged in, not yet connected."""

    client: commands.Bot
    runner: Runner
    keeper: storage.Keeper
    missed: Missed
    bin: Bin
    store: storage.Store
    presenter: Presenter
    door: Door

    async def live(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; if one of these dies, all of it dies."""
        work = (self.runner.run(), self.keeper.run(), self.missed.run(), self.bin.run())
        await live_until(stop, self.client.connect(), work, self._take_leave)

    async def _take_leave(self) -> None:
        """Refuse what comes now, answer who is inside, send the newest texts: all within FAREWELL."""
        self.door.close()
        log.info("taking leave: nothing new is begun")
        try:
            async with asyncio.timeout(FAREWELL):
                await self.door.empty()
                await self.presenter.flush()
        except TimeoutError:
            log.warning("some messages keep an old text until the next start: Discord is too slow")


@contextlib.asynccontextmanager
async def open_bot(settings: Settings) -> AsyncGenerator[Bot]:
    """Open every resource and hand each to whoever needs it."""
    workflows = load_workflows(settings)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(storage.open_store(settings.data_dir, settings.limits()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        pictures = await stack.enter_async_context(open_media(limit=2))
        servers = await stack.enter_async_context(open_servers(settings, await store.instance(), workflows))
        token = settings.discord_token.get_secret_value()
        client = await stack.enter_async_context(open_client(token, settings.discord_api_url))
        files, bell = storage.Files(settings.data_dir), Bell()
        lost = Lost(client, store, bell, settings.on_delete)
        hourglass = Hourglass(client, store)
        presenter = await stack.enter_async_context(
            open_presenter(store, client.get_partial_messageable, lost, hourglass)
        )
        rooms = Rooms(
            store=store,
            files=files,
            presenter=presenter,
            workflows=workflows,
            previews=Previews(wanted=settings.previews, off_in=settings.previews_off_guilds),
            longest_run=settings.longest_run_minutes * 60,
            upload_limit=partial(upload_limit, client),
        )
        delivery = Delivery(client, store=store, files=files, pictures=pictures, presenter=presenter)
        runner = Runner(rooms, servers, pictures, delivery, bell)
        status = StatusMessages(client, store, presenter)
        intake = Intake(
            store=store,
            files=files,
            pictures=pictures,
            attachments=Attachments(session, settings.discord_api_url),
            workflows=workflows,
            servers=servers,
        )
        keeper = storage.Keeper(store, files, settings.retention(), runner.tell_end)
        desk = Desk(
            gate=settings.gate(),
            shares=settings.shares(),
            intake=intake,
            store=store,
            files=files,
            pictures=pictures,
            workflows=workflows,
            servers=servers,
            status=status,
            bell=bell,
            runner=runner,
            lost=lost,
            door=Door(),
        )
        missed = await _furnish(client, desk, pictures, hourglass, settings.retention())
        await status.post_missing(runner.waiting_text)
        await runner.tell_untold()
        yield Bot(
            client=client,
            runner=runner,
            keeper=keeper,
            missed=missed,
            bin=Bin(client, desk),
            store=store,
            presenter=presenter,
            door=desk.door,
        )


async def _furnish(
    client: commands.Bot,
    desk: Desk,
    pictures: media.Media,
    hourglass: Hourglass,
    retention: storage.Retention,
) -> Missed:
    """Add every cog, and tell Discord of the commands."""
    asking, again = Asking(desk), Again(client, desk)
    missed = Missed(client, desk, again)
    cogs = [
        Animate(desk, asking),
        Queue(desk),
        History(desk),
        Show(desk),
        JobButtons(desk, again, asking),
        Panel(client, desk, asking),
        Reactions(client, desk, again, Copies(client, desk, pictures), hourglass),
        missed,
        Deletions(desk),
        Discarding(desk),
        Help(desk),
        Language(desk),
        Privacy(desk, retention),
        GuildRules(desk),
        Twin(client, desk.store),
    ]
    handlers = [each.handlers for each in cogs if isinstance(each, Answering)]
    for cog in (*cogs, Presses(desk, handlers)):
        await client.add_cog(cog)
    client.add_dynamic_items(Button, Menu)
    await client.tree.set_translator(CommandWords())
    await client.tree.sync()
    return missed


async def live_until(
    stop: asyncio.Event,
    connection: Life,
    work: Iterable[Life],
    take_leave: Callable[[], Awaitable[None]],
) -> None:
    """Run these until `stop`; none may end before. Never half alive: one death ends all.

    Then the work ends at once, and the connection when leave was taken over it.
    """

    async def live(life: Life) -> None:
        try:
            await life
            raise RuntimeError("it ended by itself")
        except Exception:
            log.critical("%s died, and with it the bot", life.__qualname__, exc_info=True)
            raise

    async with asyncio.TaskGroup() as tasks:
        connected, *working = [
            tasks.create_task(live(life), name=life.__qualname__) for life in (connection, *work)
        ]
        await stop.wait()
        for task in working:
            task.cancel()
        await take_leave()
        connected.cancel()
