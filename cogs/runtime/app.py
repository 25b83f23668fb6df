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
from cogs.actions.context import BotContext, on_app_command_error
from cogs.actions.delete import DeletionWorker
from cogs.actions.in_flight import InFlight
from cogs.actions.reroll import FollowUps
from cogs.actions.share import Sharing
from cogs.actions.submit import JobSubmitter
from cogs.animate import Animate
from cogs.discarding import Discarding
from cogs.duplicate_bot import DuplicateBot
from cogs.guild_rules import GuildRules
from cogs.help import Help
from cogs.history import History
from cogs.i18n.catalogue import CommandTranslator
from cogs.interaction_router import InteractionRouter, InteractiveCog
from cogs.job_buttons import JobButtons
from cogs.language import Language
from cogs.message_deletions import MessageDeletions
from cogs.messages.delivery import Delivery
from cogs.messages.status import StatusMessages
from cogs.messages.status_editor import StatusEditor
from cogs.missed_reactions import MissedReactions
from cogs.panel import Panel
from cogs.privacy import Privacy
from cogs.queue import Queue
from cogs.reactions import Reactions
from cogs.runtime.resources import Resources, open_resources
from cogs.runtime.settings import Settings
from cogs.show import Show
from cogs.ui.components import PersistentButton, PersistentSelect
from jobs.clips import upload_limit
from jobs.run import Previews, RunContext
from jobs.service import JobService
from jobs.worker import Worker

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 10.0  # seconds

Life = Coroutine[object, object, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What `open_bot` opened: logged in, not yet connected."""

    client: commands.Bot
    worker: Worker
    maintenance: storage.Maintenance
    missed: MissedReactions
    bin: DeletionWorker
    store: storage.Store
    status_editor: StatusEditor
    in_flight: InFlight

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; if one of these dies, all of it dies."""
        work = (self.worker.run(), self.maintenance.run(), self.missed.run(), self.bin.run())
        await run_until(stop, self.client.connect(), work, self._shut_down)

    async def _shut_down(self) -> None:
        """Refuse what comes now, answer who is inside, send the newest texts: all within FAREWELL."""
        self.in_flight.close()
        log.info("taking leave: nothing new is begun")
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                await self.in_flight.drained()
                await self.status_editor.flush()
        except TimeoutError:
            log.warning("some messages keep an old text until the next start: Discord is too slow")


@contextlib.asynccontextmanager
async def open_application(settings: Settings) -> AsyncGenerator[Application]:
    """Open every resource and hand each to whoever needs it."""
    async with open_resources(settings) as opened:
        worker = build_worker(settings, opened)
        context = build_context(settings, opened, worker)
        missed = await _load_cogs(opened, context, settings.retention())
        await context.status.post_missing(worker.waiting_text)
        await worker.announce_missed_ends()
        yield Application(
            client=opened.client,
            worker=worker,
            maintenance=storage.Maintenance(
                opened.store, opened.files, settings.retention(), worker.announce_end
            ),
            missed=missed,
            bin=DeletionWorker(opened.client, context),
            store=opened.store,
            status_editor=opened.status_editor,
            in_flight=context.in_flight,
        )


def build_worker(settings: Settings, opened: Resources) -> Worker:
    """What joins queue, servers and Discord."""
    context = RunContext(
        store=opened.store,
        files=opened.files,
        status_editor=opened.status_editor,
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
        status_editor=opened.status_editor,
        bot_reactions=opened.bot_reactions,
    )
    return Worker(context, opened.servers, opened.pictures, delivery, opened.notifier)


def build_context(settings: Settings, opened: Resources, worker: Worker) -> BotContext:
    """What every cog gets."""
    service = JobService(
        store=opened.store,
        files=opened.files,
        pictures=opened.pictures,
        attachments=Attachments(opened.session, settings.discord_api_url),
        workflows=opened.workflows,
        servers=opened.servers,
    )
    return BotContext(
        policy=settings.policy(),
        shares=settings.shares(),
        service=service,
        store=opened.store,
        files=opened.files,
        pictures=opened.pictures,
        workflows=opened.workflows,
        servers=opened.servers,
        status=StatusMessages(opened.client, opened.store, opened.status_editor),
        notifier=opened.notifier,
        worker=worker,
        lost_status=opened.lost_status,
        in_flight=InFlight(),
    )


async def _load_cogs(opened: Resources, context: BotContext, retention: storage.Retention) -> MissedReactions:
    """Add every cog, and tell Discord of the commands."""
    client = opened.client
    submitter, follow_ups = JobSubmitter(context), FollowUps(client, context)
    missed = MissedReactions(client, context, follow_ups, opened.bot_reactions)
    cogs = [
        Animate(context, submitter),
        Queue(context),
        History(context),
        Show(context),
        JobButtons(context, follow_ups, submitter),
        Panel(client, context, submitter),
        Reactions(client, context, follow_ups, Sharing(client, context), opened.pending_reaction),
        missed,
        MessageDeletions(context),
        Discarding(context),
        Help(context),
        Language(context),
        Privacy(context, retention),
        GuildRules(context),
        DuplicateBot(client, context.store),
    ]
    handlers = [each.handlers for each in cogs if isinstance(each, InteractiveCog)]
    for cog in (*cogs, InteractionRouter(context, handlers)):
        await client.add_cog(cog)
    client.add_dynamic_items(PersistentButton, PersistentSelect)
    client.tree.error(on_app_command_error)
    await client.tree.set_translator(CommandTranslator())
    await client.tree.sync()
    return missed


async def run_until(
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
