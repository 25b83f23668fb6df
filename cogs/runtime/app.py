"""The application: opens the resources, loads the cogs, runs until a signal, shuts down in order."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass

import storage
from cogs.actions.context import BotContext, on_app_command_error
from cogs.actions.delete import DeletionWorker
from cogs.actions.operator_changes import OperatorChanges
from cogs.actions.reroll import FollowUps
from cogs.actions.share import Sharing
from cogs.actions.submit import JobSubmitter
from cogs.animate import Animate
from cogs.duplicate_bot import DuplicateBot
from cogs.guild_membership import GuildMembership
from cogs.guild_rules import GuildRules
from cogs.help import Help
from cogs.history import History
from cogs.i18n.catalogue import CommandTranslator
from cogs.interaction_router import InteractionRouter
from cogs.job_buttons import JobButtons
from cogs.language import Language
from cogs.message_deletions import MessageDeletions
from cogs.missed_reactions import MissedReactions
from cogs.panel import Panel
from cogs.privacy import Privacy
from cogs.queue import Queue
from cogs.reactions import Reactions
from cogs.regained_access import RegainedAccess
from cogs.runtime.observer import observe
from cogs.runtime.resources import Resources, open_resources
from cogs.runtime.settings import Settings
from cogs.show import Show
from cogs.ui.handlers import InteractiveCog

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 10.0

Task = Coroutine[object, object, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The opened bot: logged in, not yet connected to the gateway."""

    settings: Settings
    resources: Resources
    missed_reactions: MissedReactions

    @property
    def context(self) -> BotContext:
        """The context that every cog got."""
        return self.resources.context

    async def run(self, stop: asyncio.Event) -> None:
        """Run the gateway connection and all tasks until `stop` is set; if one fails, all end."""
        context = self.context
        maintenance = storage.Maintenance(
            context.store, context.files, context.retention, context.messages.announcer.ended
        )
        deletion = DeletionWorker(context, self.resources.worker.erase_uploads)
        changes = OperatorChanges(context.store, context.messages.announcer, context.notifier)
        work = (
            self.resources.worker.run(),
            self.resources.power.run(),
            maintenance.run(),
            self.missed_reactions.run(),
            deletion.run(),
            changes.run(),
            context.messages.stray_results.run(),
            observe(self.settings, self.resources),
        )
        await run_until(stop, context.client.connect(), work, self._shut_down)

    async def _shut_down(self) -> None:
        """Refuse new interactions, finish those in flight, send pending edits; within SHUTDOWN_SECONDS."""
        self.context.in_flight.close()
        log.info("taking leave: nothing new is begun")
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                await self.context.in_flight.drained()
                await self.context.messages.status_editor.flush()
        except TimeoutError:
            log.warning("some messages keep an old text until the next start: Discord is too slow")


@contextlib.asynccontextmanager
async def open_application(settings: Settings) -> AsyncGenerator[Application]:
    """Open every resource, load the cogs, and post statuses and ends that an earlier process did not.

    Raises what `open_resources` raises.
    """
    async with open_resources(settings) as resources:
        context = resources.context
        missed_reactions = await _load_cogs(context)
        await context.messages.status.post_missing(context.status_text)
        await context.store.cancel_blocked(settings.blocked_users)
        for job in await context.store.unannounced_ends():
            context.messages.announcer.ended(job)
        yield Application(settings=settings, resources=resources, missed_reactions=missed_reactions)


async def _load_cogs(context: BotContext) -> MissedReactions:
    """Add every cog to the client, and register the commands with Discord."""
    client = context.client
    submitter, follow_ups = JobSubmitter(context), FollowUps(context)
    missed_reactions = MissedReactions(context, follow_ups)
    cogs = [
        Animate(context, submitter),
        Queue(context),
        History(context),
        Show(context),
        JobButtons(context, follow_ups, submitter),
        Panel(context, submitter),
        Reactions(context, follow_ups, Sharing(context)),
        missed_reactions,
        MessageDeletions(context),
        GuildMembership(context),
        RegainedAccess(context),
        Help(context),
        Language(context),
        Privacy(context),
        GuildRules(context),
        DuplicateBot(context),
    ]
    handlers = [each.handlers for each in cogs if isinstance(each, InteractiveCog)]
    for cog in (*cogs, InteractionRouter(context, handlers)):
        await client.add_cog(cog)
    client.tree.error(on_app_command_error)
    await client.tree.set_translator(CommandTranslator())
    await client.tree.sync()
    return missed_reactions


async def run_until(
    stop: asyncio.Event,
    connection: Task,
    work: Iterable[Task],
    shut_down: Callable[[], Awaitable[None]],
) -> None:
    """Run the connection and the work until `stop`.

    If one of them ends before, all are cancelled and an ExceptionGroup is raised. After `stop` the work is
    cancelled at once, the connection after `shut_down`, which needs it.
    """

    async def run(task: Task) -> None:
        try:
            await task
            raise RuntimeError("it ended by itself")
        except Exception:
            log.critical("%s died, and with it the bot", task.__qualname__, exc_info=True)
            raise

    async with asyncio.TaskGroup() as tasks:
        connected, *working = [
            tasks.create_task(run(task), name=task.__qualname__) for task in (connection, *work)
        ]
        await asyncio.sleep(0)  # each task begins: one that is cancelled before would leave its coroutine
        await stop.wait()
        for task in working:
            task.cancel()
        await shut_down()
        connected.cancel()
