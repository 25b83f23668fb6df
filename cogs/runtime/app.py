"""The application: opens the resources, loads the cogs, runs until a signal, shuts down in order."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass

import storage
from cogs.actions.context import BotContext, on_app_command_error
from cogs.actions.delete import DeletionWorker
from cogs.actions.left_unsaid import OLD_ENOUGH, LeftUnsaid
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
from jobs.fleet.changes import pass_on_changes
from jobs.fleet.orphans import Orphans
from jobs.waiting_jobs import WaitingJobs
from storage import ProcessRole

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 10.0

Task = Coroutine[object, object, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The opened bot: logged in, not yet connected to the gateway.

    `missed_reactions`: None for a worker, which never connects.
    """

    settings: Settings
    resources: Resources
    missed_reactions: MissedReactions | None

    @property
    def context(self) -> BotContext:
        """The context that every cog got."""
        return self.resources.context

    async def run(self, stop: asyncio.Event) -> None:
        """Run the gateway connection and all tasks until `stop` is set; if one fails, all end."""
        is_gateway = self.resources.role is not ProcessRole.WORKER
        connection = self.context.client.connect() if is_gateway else _without_gateway()
        work = (
            *self._work_of_worker(),
            *self._work_of_all(),
            *(self._work_of_gateway() if is_gateway else ()),
        )
        await run_until(stop, connection, work, self._shut_down)

    def _work_of_all(self) -> Iterable[Task]:
        """What each process does: its heartbeat, what it reads of the database, its numbers."""
        resources, context = self.resources, self.context
        announcer = None if resources.role is ProcessRole.WORKER else context.messages.announcer
        changes = OperatorChanges(
            context.store, announcer, context.notifier, alone=resources.membership.alone
        )
        worker = resources.worker
        waiting = WaitingJobs(
            context.store,
            context.positions,
            context.notifier,
            announcer=announcer,
            look_again=worker.look_again if worker else lambda: None,
        )
        return (
            resources.membership.run(),
            pass_on_changes(context.store, context.notifier),
            changes.run(),
            waiting.run(),
            observe(self.settings, resources),
        )

    def _work_of_gateway(self) -> Iterable[Task]:
        """What one process alone does, that which has the lock of the gateway."""
        resources, context = self.resources, self.context
        announcer = context.messages.announcer
        maintenance = storage.Maintenance(context.store, context.files, context.retention, announcer.ended)
        deletion = DeletionWorker(context, resources.erasure.erase)
        orphans = Orphans(context.store, resources.membership, announcer, context.notifier)
        tasks = (
            maintenance.run(),
            deletion.run(),
            orphans.run(),
            left_unsaid(context).run(),
            context.messages.stray_results.run(),
        )
        lock, missed = resources.gateway_lock, self.missed_reactions
        return (*tasks, *([lock.keep()] if lock else []), *([missed.run()] if missed else []))

    def _work_of_worker(self) -> Iterable[Task]:
        """What a process with servers does."""
        resources = self.resources
        if resources.worker is None or resources.power is None:
            return ()
        erasing = () if resources.membership.alone else (resources.erasure.run(),)
        return (resources.worker.run(), resources.power.run(), *erasing)

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
async def open_application(
    settings: Settings, role: ProcessRole = ProcessRole.ALL
) -> AsyncGenerator[Application]:
    """Open what the role needs; a gateway loads the cogs, and says what an earlier process did not.

    Raises what `open_resources` raises.
    """
    async with open_resources(settings, role) as resources:
        context, missed_reactions = resources.context, None
        if role is not ProcessRole.WORKER:
            missed_reactions = await _load_cogs(context)
            await context.store.cancel_blocked(settings.blocked_users)
            ends_after = 0.0 if resources.membership.alone else OLD_ENOUGH
            await left_unsaid(context).say(statuses_after=0, ends_after=ends_after)
        yield Application(settings=settings, resources=resources, missed_reactions=missed_reactions)


def left_unsaid(context: BotContext) -> LeftUnsaid:
    """Says what other processes did not."""
    return LeftUnsaid(context.store, context.messages.status, context.messages.announcer, context.status_text)


async def _without_gateway() -> None:
    """Stands for the connection of a process that has none."""
    await asyncio.Event().wait()


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
