"""How a server stands: whether it may be given jobs, who else is there, what it says of itself."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from comfy.protocol.endpoints import Endpoints
from comfy.protocol.system_stats import SystemStats
from comfy.server.circuit_breaker import Breaker
from comfy.server.queue_monitor import QueueMonitor
from comfy.workflows.events import Done, Event, Failed, Started
from comfy.workflows.graph import Graph


class UnavailableReason(StrEnum):
    """Why a server takes no job at the moment.

    Drained: somebody said so. Faulty: several jobs in a row broke there, so it rests. Stuck: a job that was
    stopped still runs. Giving way: to prompts of others, where the setting says so.
    """

    UNREACHABLE = "unreachable"
    DRAINED = "drained"
    FAULTY = "faulty"
    STUCK = "stuck"
    GIVING_WAY = "giving_way"


class Availability:
    """`vitals`: what the last `probe` found. `loaded`: the workflow that ran there last, if that is known."""

    def __init__(
        self,
        endpoints: Endpoints,
        on_change: Callable[[], None],
        *,
        owner: str,
        quiet: float,
        rest: float,
        yield_to_others: bool,
    ) -> None:
        self.vitals: SystemStats | None = None
        self.loaded: str | None = None
        self._endpoints = endpoints
        self._on_change = on_change
        self._yields = yield_to_others
        self._drained = False
        self._occupancy = QueueMonitor(endpoints.queue, on_change, owner=owner, quiet=quiet)
        self._breaker = Breaker(self.probe, on_change, rest=rest)

    @property
    def others(self) -> int:
        """How many prompts in its queue are not ours: the owner's own work, never touched."""
        return self._occupancy.others

    @property
    def stuck(self) -> bool:
        """Whether a job that was stopped still runs: what is handed in now would wait behind it."""
        return self._occupancy.stuck

    @property
    def unavailable_reason(self) -> UnavailableReason | None:
        """Why it should be given no job, though it is reachable."""
        obstacles = {
            UnavailableReason.DRAINED: self._drained,
            UnavailableReason.FAULTY: self._breaker.is_open,
            UnavailableReason.STUCK: self.stuck,
            UnavailableReason.GIVING_WAY: self._yields and self.others > 0,
        }
        return next((obstacle for obstacle, stands in obstacles.items() if stands), None)

    def drain(self) -> None:
        """Give it no more jobs, for maintenance; those that are there go on."""
        self._drained = True
        self._on_change()

    def undrain(self) -> None:
        """Give it jobs again."""
        self._drained = False
        self._on_change()

    async def probe(self) -> SystemStats:
        """Ask how it is; `others` is counted anew. Raises what asking a server raises."""
        await self._occupancy.look()
        self.vitals = await self._endpoints.system_stats()
        return self.vitals

    def look_again(self) -> None:
        """Its queue has changed."""
        self._occupancy.look_again()

    def interrupted(self, prompt_id: str) -> None:
        """A job that runs was told to stop."""
        self._occupancy.stop(prompt_id)

    def failed(self, prompt_id: str) -> None:
        """A job met a fault of the server."""
        self._breaker.fail(prompt_id)

    def feed(self, prompt_id: str, graph: Graph, event: Event) -> None:
        """What a job's events say of the server itself."""
        match event:
            case Started():
                self.loaded = graph.workflow
            case Done():
                self._breaker.succeed()
            case Failed():
                self._breaker.fail(prompt_id)
            case _:
                pass

    async def run(self) -> None:
        """Watch the queue and the breaker; its task."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._occupancy.run(), name="queue")
            tasks.create_task(self._breaker.run(), name="breaker")
