"""Wakes GPU servers for which jobs wait, frees and stops those without work; one task for each server."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import comfy
from jobs.fleet.directory import ServerDirectory
from jobs.notifier import QueueNotifier
from jobs.power.decision import PowerAction, PowerFacts, PowerPolicy, backoff, decide
from jobs.power.hooks import Hook, HookFailed
from jobs.power.state import PowerState
from jobs.routing import KnownServer, Workflows, can_run
from jobs.server import ComputeServer
from storage import Job, Store, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
USUAL_WAKE = 120.0  # seconds, while no server has been woken yet
SHORTEST_PATIENCE = 600.0  # seconds at least for a server to answer after its hook
RESUMED_PATIENCE = 1.5  # of what it usually takes, after a restart: the hook may have been killed
HOOK_TIMEOUT = 300.0  # seconds
STOP_GRACE = 60.0  # seconds for a server to go away after its hook; no job is started there meanwhile
OTHERS_GRACE = 60.0  # seconds that a job waits for other servers before it wakes one


class PoweredServer(ComputeServer, Protocol):
    """A server that can be freed."""

    async def free(self) -> None:
        """Unload its models and empty its cache. Raises ComfyError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPlan:
    """What the operator set for one server: its hooks, and seconds without work (None: never)."""

    wake: Hook | None = None
    sleep: Hook | None = None
    free_after: float | None = None
    sleep_after: float | None = None

    def policy(self) -> PowerPolicy:
        """The part of it that decisions are made by."""
        sleep_after = self.sleep_after if self.sleep else None
        return PowerPolicy(wakes=self.wake is not None, free_after=self.free_after, sleep_after=sleep_after)


@dataclass(slots=True, kw_only=True)
class _Watched:
    """What is remembered of a server; times on the monotonic clock."""

    away_since: float | None = None
    busy_at: float = field(default_factory=time.monotonic)
    freed: bool = False
    slept: bool = False
    failures: int = 0
    retry_at: float = 0.0
    error: str = ""


class PowerManager:
    """`run` is its task. Each server has one task of its own, so that it never has two hooks at once."""

    def __init__(
        self,
        store: Store,
        workflows: Workflows,
        servers: Sequence[PoweredServer],
        directory: ServerDirectory,
        plans: Mapping[str, PowerPlan],
        notifier: QueueNotifier,
        state: PowerState,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._servers = servers
        self._directory = directory
        self._plans = plans
        self._notifier = notifier
        self._state = state

    async def run(self) -> None:
        """Manage the servers that have a plan until cancelled; a hook that runs then is killed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._announce_quiet_hours(), name="quiet hours")
            for server in self._servers:
                if server.name in self._plans:
                    task = self._manage(server, self._plans[server.name])
                    tasks.create_task(task, name=f"power of {server.name}")

    async def _announce_quiet_hours(self) -> None:
        """Wake waiting tasks when quiet hours begin or end."""
        until = self._state.quiet_until()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if until != (until := self._state.quiet_until()):
                self._notifier.notify()

    async def _manage(self, server: PoweredServer, plan: PowerPlan) -> None:
        watched = _Watched()
        while True:
            try:
                await self._resume_wake(server, watched)
                break
            except StoreError as err:
                log.error("%s: whether it is being woken is not known: %s", server.name, err)
                await asyncio.sleep(POLL_SECONDS)
        while True:
            try:
                facts = await self._look(server, watched)
                await self._act(decide(plan.policy(), facts), server, plan, watched)
            except StoreError as err:
                log.error("%s: it can be neither woken nor stopped now: %s", server.name, err)
            await self._notifier.wait(POLL_SECONDS)

    async def _look(self, server: PoweredServer, watched: _Watched) -> PowerFacts:
        """What is known of a server now. Raises StoreError."""
        now, waiting = time.monotonic(), await self._waiting_for(server)
        busy = server.name in await self._store.busy_servers() or server.availability.others > 0
        if busy or server.unavailable_reason not in _AT_REST:
            watched.busy_at, watched.freed, watched.slept = now, False, False
        if server.unavailable_reason is not comfy.UnavailableReason.UNREACHABLE:
            watched.away_since = None
        elif watched.away_since is None:
            watched.away_since = now
        return PowerFacts(
            waiting=waiting,
            away=None if watched.away_since is None else now - watched.away_since,
            idle=now - watched.busy_at,
            quiet=self._state.quiet_until() is not None or await self._store.pause() is not None,
            retry_in=watched.retry_at - now,
            freed=watched.freed,
            slept=watched.slept,
        )

    async def _waiting_for(self, server: PoweredServer) -> int:
        """How many of the first waiting jobs this server could run, and no other one will soon."""
        known = await self._directory.known()
        own = next(each for each in known if each.name == server.name)
        others = [each for each in known if each is not own and each.live and each.unavailable is None]
        return sum(
            self._could_run(own, each.job) and not self._is_served(others, each.job)
            for each in await self._store.waiting()
        )

    def _could_run(self, known: KnownServer, job: Job) -> bool:
        return known.offer is None or can_run(self._workflows, known.offer, job.params)

    def _is_served(self, others: Sequence[KnownServer], job: Job) -> bool:
        """Whether a server that takes jobs will have it soon."""
        fresh = time.time() - job.created_at < OTHERS_GRACE
        return fresh and any(each.offer is not None and self._could_run(each, job) for each in others)

    async def _act(
        self, action: PowerAction | None, server: PoweredServer, plan: PowerPlan, watched: _Watched
    ) -> None:
        if action is PowerAction.WAKE and plan.wake:
            asked_at = await self._store.begin_wake(server.name)
            await self._wake(server, plan.wake, asked_at, watched)
        elif action is PowerAction.SLEEP and plan.sleep:
            await self._stop(server, plan.sleep, watched)
        elif action is PowerAction.FREE:
            watched.freed = True
            try:
                await server.free()
                log.info("%s: its memory is freed", server.name)
            except comfy.ComfyError as err:
                log.warning("%s: its memory cannot be freed: %s", server.name, err)

    async def _resume_wake(self, server: PoweredServer, watched: _Watched) -> None:
        """Go on waiting for a server that an earlier process woke. Raises StoreError."""
        asked_at = await self._store.unfinished_wake(server.name, since=time.time() - SHORTEST_PATIENCE)
        if asked_at is not None:
            await self._wake(server, None, asked_at, watched)

    async def _wake(
        self, server: PoweredServer, hook: Hook | None, asked_at: float, watched: _Watched
    ) -> None:
        """Run the hook, if any, and wait for the server; statuses say so meanwhile. Raises StoreError."""
        expected = await self._store.wake_seconds(server.name) or USUAL_WAKE
        patience = max(SHORTEST_PATIENCE, 3 * expected) if hook else RESUMED_PATIENCE * expected
        self._state.waking[server.name] = expected
        self._notifier.notify()
        awake = False
        try:
            if hook:
                log.info("%s: is woken, jobs wait for it", server.name)
                await self._run(hook)
            awake = await self._answers(server, asked_at + patience - time.time())
            if not awake:
                raise HookFailed(f"it does not answer {patience:.0f} s after it was woken")
            log.info("%s: is awake, after %.0f s", server.name, time.time() - asked_at)
            self._worked(watched)
        except HookFailed as err:
            self._failed(server, "it cannot be woken", err, watched)
        finally:
            self._state.waking.pop(server.name, None)
            self._notifier.notify()
        await self._store.finish_wake(server.name, asked_at, awake=awake)

    async def _stop(self, server: PoweredServer, hook: Hook, watched: _Watched) -> None:
        """Run the hook to stop the server, unless it got work meanwhile. Raises StoreError."""
        self._state.stopping.add(server.name)  # from here on no job is started there
        try:
            if server.name in await self._store.busy_servers():
                return
            log.info("%s: is stopped, it has no work", server.name)
            await self._run(hook)
            watched.slept = True
            self._worked(watched)
            await self._is_gone(server)
        except HookFailed as err:
            self._failed(server, "it cannot be stopped", err, watched)
        finally:
            self._state.stopping.discard(server.name)
            self._notifier.notify()

    async def _run(self, hook: Hook) -> None:
        """Run a hook to its end. Raises HookFailed."""
        try:
            async with asyncio.timeout(HOOK_TIMEOUT):
                await hook.run()
        except TimeoutError as err:
            raise HookFailed(f"its hook did not end within {HOOK_TIMEOUT:.0f} s") from err

    async def _answers(self, server: PoweredServer, seconds: float) -> bool:
        """Whether the server answers within that time."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                while server.unavailable_reason is comfy.UnavailableReason.UNREACHABLE:
                    await server.changed()
        except TimeoutError:
            return False
        return True

    async def _is_gone(self, server: PoweredServer) -> None:
        """Wait until the server does not answer any more, or STOP_GRACE is over."""
        try:
            async with asyncio.timeout(STOP_GRACE):
                while server.unavailable_reason is not comfy.UnavailableReason.UNREACHABLE:
                    await server.changed()
        except TimeoutError:
            log.info("%s: still answers after it was stopped", server.name)

    def _worked(self, watched: _Watched) -> None:
        watched.failures, watched.retry_at, watched.error = 0, 0.0, ""

    def _failed(self, server: PoweredServer, what: str, err: HookFailed, watched: _Watched) -> None:
        """Have it tried again later; the same error is a warning once."""
        watched.failures += 1
        seconds = backoff(watched.failures)
        watched.retry_at = time.monotonic() + seconds
        level = logging.DEBUG if str(err) == watched.error else logging.WARNING
        watched.error = str(err)
        log.log(level, "%s: %s: %s; tried again in %.0f s", server.name, what, err, seconds)


_AT_REST = (None, comfy.UnavailableReason.DRAINED)  # else its time without work begins anew
