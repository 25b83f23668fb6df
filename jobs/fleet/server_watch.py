"""Watch what servers say of themselves: remember it, log it, settle what was left open, wake who waits."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import comfy
from jobs.fleet.directory import ServerDirectory
from jobs.notifier import QueueNotifier
from jobs.offers import ending_so, offered_models
from jobs.options import settle_params
from jobs.routing import record_of, runnable_by_any
from jobs.server import ComputeServer, refresh_all
from storage import ServerState, Store, StoreError

log = logging.getLogger(__name__)

REFRESH_TIMEOUT = 60.0  # seconds
RETRY_SECONDS = 1.0  # while the database does not answer


class ServerWatch:
    """`run` is its task. Every change of a server wakes the tasks that wait for the notifier."""

    def __init__(
        self,
        store: Store,
        workflows: Mapping[str, comfy.Workflow],
        servers: Sequence[ComputeServer],
        directory: ServerDirectory,
        notifier: QueueNotifier,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._servers = servers
        self._directory = directory
        self._notifier = notifier
        self._wanted = asyncio.Event()
        self._not_runnable: AbstractSet[str] = frozenset()

    def look_again(self) -> None:
        """Ask all servers soon what they can run: a job waits that none of them can."""
        self._wanted.set()

    async def run(self) -> None:
        """Watch all servers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh_when_wanted(), name="what waiting jobs lack")
            for server in self._servers:
                tasks.create_task(self._watch(server), name=f"what {server.name} says")

    async def _refresh_when_wanted(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await refresh_all(self._servers, seconds=REFRESH_TIMEOUT)

    async def _watch(self, server: ComputeServer) -> None:
        seen: tuple[object, ...] | None = None
        unavailable, answered_at = server.unavailable_reason, None
        while True:
            while (state := _state_of(server)) != seen:
                if seen is not None:
                    self._notifier.notify()
                seen = state
                if server.unavailable_reason != unavailable:
                    unavailable = server.unavailable_reason
                    _log_availability(server)
                if server.answered_at != answered_at:
                    answered_at = server.answered_at
                    await self._on_answer(server)
                if not await self._record_state(server):
                    seen = None
                    await asyncio.sleep(RETRY_SECONDS)
            await server.changed()  # nothing was awaited since the comparison: no change is missed

    async def _record_state(self, server: ComputeServer) -> bool:
        """Write what other processes are to know of the server; whether that was possible."""
        reason = server.unavailable_reason
        state = ServerState(
            name=server.name,
            reachable=server.reachable,
            live=server.live,
            unavailable=reason.value if reason else "",
            others=server.availability.others,
        )
        try:
            await self._store.record_server_state(state)
            return True
        except StoreError as err:
            log.error("%s: its state is not written: %s", server.name, err)
            return False

    async def _on_answer(self, server: ComputeServer) -> None:
        """The server has said what it can run, which may be new."""
        try:
            await self._store.record_server(record_of(server))
            known_servers = await self._directory.known()
            runnable = runnable_by_any(known_servers) or frozenset[str]()
            self._log_missing(runnable)
            await self._settle(runnable)
        except StoreError as err:
            log.error("%s: what it can run is not remembered: %s", server.name, err)

    async def _settle(self, runnable: AbstractSet[str]) -> None:
        """Give jobs that were admitted before any server answered a preset that one can run."""
        for job in await self._store.left_open():
            fitting = ending_so(self._workflows, on_picture=job.last_picture is not None)
            models = offered_models(fitting, runnable)
            workflow = self._workflows.get(job.params.workflow)
            presets = models.get(workflow.family) if workflow else None
            if not presets and "model" in job.params.left_open:
                presets = next(iter(models.values()), None)
            named = presets.get(job.params.preset) if presets else None
            if presets and (named is None or workflow is None or named.family != workflow.family):
                settled = await self._store.settle(job.id, settle_params(job.params, presets))
                if settled:
                    self._notifier.notify()
                    log.info("job %s: its preset is %s", job.id, settled.params.preset)

    def _log_missing(self, runnable: AbstractSet[str]) -> None:
        """Log each workflow that no server can run, nor another in its place; once, until that changes.

        A built-in model that no server has is no fault.
        """
        models = offered_models(self._workflows, runnable)
        absent = comfy.absent_models(self._workflows, self._missing_everywhere(runnable))
        unfilled = {
            (workflow.family, *workflow.presets): name  # the first of those that replace one another
            for name, workflow in reversed(list(self._workflows.items()))
            if workflow.family not in absent
            and not workflow.presets.keys() <= models.get(workflow.family, {}).keys()
        }
        lacking = {name: self._workflows[name] for name in unfilled.values()}
        for name in sorted(lacking.keys() - self._not_runnable):
            log.warning("no server can run the workflow %s: %s", name, self._describe(lacking[name]))
        for name in sorted(self._not_runnable - lacking.keys()):
            log.info("the workflow %s, or another in its place, can be run again", name)
        self._not_runnable = lacking.keys()

    def _missing_everywhere(
        self, runnable: AbstractSet[str]
    ) -> Mapping[str, Sequence[comfy.MissingRequirement]]:
        """What each workflow lacks on the server that is nearest to running it, as far as any has said."""
        said = {
            name: [lacks for server in self._servers if (lacks := server.missing.get(name))]
            for name in self._workflows
        }
        return {
            name: () if name in runnable else min(lists, key=len)
            for name, lists in said.items()
            if lists or name in runnable
        }

    def _describe(self, workflow: comfy.Workflow) -> str:
        """What each server lacks for it, in the doctor's words, and what to do."""
        return "; ".join(
            f"{server.name} {comfy.describe_missing(workflow, lacks)}"
            for server in self._servers
            if (lacks := server.missing.get(workflow.name))
        )


def _state_of(server: ComputeServer) -> tuple[object, ...]:
    return server.unavailable_reason, server.answered_at, server.availability.others


def _log_availability(server: ComputeServer) -> None:
    match server.unavailable_reason:
        case comfy.UnavailableReason.TOKEN_REFUSED:
            finding = comfy.TOKEN.result(server.name, ok=False)
            log.warning("%s %s. %s", server.name, finding.text, finding.fix)
        case None:
            log.info("%s takes jobs", server.name)
        case reason:
            log.info("%s takes no jobs: %s", server.name, reason.value)
