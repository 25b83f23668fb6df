"""The wiring: whatever was opened, handed to whoever needs it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial

from discord.ext import commands

import storage
from cogs.actions.attachments import Attachments
from cogs.actions.context import Desk, apologise
from cogs.actions.delete import Bin
from cogs.actions.in_flight import Door
from cogs.actions.reroll import Again
from cogs.actions.share import Copies
from cogs.actions.submit import Asking
from cogs.animate import Animate
from cogs.discarding import Discarding
from cogs.duplicate_bot import Twin
from cogs.guild_rules import GuildRules
from cogs.help import Help
from cogs.history import History
from cogs.i18n.catalogue import CommandWords
from cogs.interaction_router import Answering, Presses
from cogs.job_buttons import JobButtons
from cogs.language import Language
from cogs.message_deletions import Deletions
from cogs.messages.delivery import Delivery
from cogs.messages.status import StatusMessages
from cogs.messages.status_editor import Presenter
from cogs.missed_reactions import Missed
from cogs.panel import Panel
from cogs.privacy import Privacy
from cogs.queue import Queue
from cogs.reactions import Reactions
from cogs.runtime.resources import Resources, open_resources
from cogs.runtime.settings import Settings
from cogs.show import Show
from cogs.ui.components import Button, Menu
from jobs.clips import upload_limit
from jobs.run import Previews, Rooms
from jobs.service import Intake
from jobs.worker import Runner

log = logging.getLogger(__name__)

FAREWELL = 10.0  # seconds

Life = Coroutine[object, object, None]


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
    async with open_resources(settings) as opened:
        runner = build_runner(settings, opened)
        desk = build_desk(settings, opened, runner)
        missed = await _furnish(opened, desk, settings.retention())
        await desk.status.post_missing(runner.waiting_text)
        await runner.tell_untold()
        yield Bot(
            client=opened.client,
            runner=runner,
            keeper=storage.Keeper(opened.store, opened.files, settings.retention(), runner.tell_end),
            missed=missed,
            bin=Bin(opened.client, desk),
            store=opened.store,
            presenter=opened.presenter,
            door=desk.door,
        )


def build_runner(settings: Settings, opened: Resources) -> Runner:
    """What joins queue, servers and Discord."""
    rooms = Rooms(
        store=opened.store,
        files=opened.files,
        presenter=opened.presenter,
        workflows=opened.workflows,
        previews=Previews(wanted=settings.previews, off_in=settings.previews_off_guilds),
        longest_run=settings.longest_run_minutes * 60,
        upload_limit=partial(upload_limit, opened.client),
    )
    delivery = Delivery(
        opened.client,
        store=opened.store,
        files=opened.files,
        pictures=opened.pictures,
        presenter=opened.presenter,
        marks=opened.marks,
    )
    return Runner(rooms, opened.servers, opened.pictures, delivery, opened.bell)


def build_desk(settings: Settings, opened: Resources, runner: Runner) -> Desk:
    """What every cog gets."""
    intake = Intake(
        store=opened.store,
        files=opened.files,
        pictures=opened.pictures,
        attachments=Attachments(opened.session, settings.discord_api_url),
        workflows=opened.workflows,
        servers=opened.servers,
    )
    return Desk(
        gate=settings.gate(),
        shares=settings.shares(),
        intake=intake,
        store=opened.store,
        files=opened.files,
        pictures=opened.pictures,
        workflows=opened.workflows,
        servers=opened.servers,
        status=StatusMessages(opened.client, opened.store, opened.presenter),
        bell=opened.bell,
        runner=runner,
        lost=opened.lost,
        door=Door(),
    )


async def _furnish(opened: Resources, desk: Desk, retention: storage.Retention) -> Missed:
    """Add every cog, and tell Discord of the commands."""
    client = opened.client
    asking, again = Asking(desk), Again(client, desk)
    missed = Missed(client, desk, again, opened.marks)
    cogs = [
        Animate(desk, asking),
        Queue(desk),
        History(desk),
        Show(desk),
        JobButtons(desk, again, asking),
        Panel(client, desk, asking),
        Reactions(client, desk, again, Copies(client, desk), opened.hourglass),
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
    client.tree.error(apologise)
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
