"""Whether a server may be given jobs: drained, stuck, faulty, or busy with prompts of others."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from comfy.protocol.endpoints import Endpoints
from comfy.protocol.responses import Done, Failed, Interrupted
from comfy.protocol.system_stats import SystemStats
from comfy.server.circuit_breaker import CircuitBreaker
from comfy.server.queue_monitor import QueueMonitor
from comfy.workflows.events import Event, Started
from comfy.workflows.graph import Graph


class UnavailableReason(StrEnum):
    """Why a server is given no job at the moment.

    Token refused: it, or a gateway before it, answers 401 or 403. Drained: by its operator. Faulty: several
    jobs in a row failed there, and the circuit breaker is open. Stuck: a job that was interrupted still runs.
    Giving way: to prompts of others, where the setting says so.
    """

    UNREACHABLE = "unreachable"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a reason, no password
    DRAINED = "drained"
    FAULTY = "faulty"
    STUCK = "stuck"
    GIVING_WAY = "giving_way"


class Availability:
    """`stats`: the result of the last `probe`. `loaded`: the workflow that ran last, None if unknown."""

    def __init__(
        self,
        endpoints: Endpoints,
        on_change: Callable[[], None],
        *,
        owner: str,
        silence_timeout: float,
        reset_timeout: float,
        yield_to_others: bool,
    ) -> None:
        self.stats: SystemStats | None = None
        self.loaded: str | None = None
        self._endpoints = endpoints
        self._on_change = on_change
        self._yields = yield_to_others
        self._drained = False
        self._queue = QueueMonitor(endpoints.queue, on_change, owner=owner, poll_seconds=silence_timeout)
        self._breaker = CircuitBreaker(self.probe, on_change, reset_timeout=reset_timeout)

    @property
    def others(self) -> int:
        """How many prompts in its queue are not ours: its operator's own work, never touched."""
        return self._queue.others

    @property
    def stuck(self) -> bool:
        """Whether a job that was interrupted still runs: what is submitted now would wait behind it."""
        return self._queue.stuck

    @property
    def unavailable_reason(self) -> UnavailableReason | None:
        """Why it should be given no job, though it is reachable."""
        reasons = {
            UnavailableReason.DRAINED: self._drained,
            UnavailableReason.FAULTY: self._breaker.is_open,
            UnavailableReason.STUCK: self.stuck,
            UnavailableReason.GIVING_WAY: self._yields and self.others > 0,
        }
        return next((reason for reason, applies in reasons.items() if applies), None)

    def drain(self) -> None:
        """Give it no more jobs, for maintenance; those that it has go on."""
        self._drained = True
        self._on_change()

    def undrain(self) -> None:
        """Give it jobs again."""
        self._drained = False
        self._on_change()

    async def poll(self) -> None:
        """Count `others` again. Raises what a request to the server raises."""
        await self._queue.poll()

    async def probe(self) -> SystemStats:
        """Request its stats and count `others` again. Raises what a request to the server raises."""
        await self._queue.poll()
        self.stats = await self._endpoints.system_stats()
        return self.stats

    def queue_changed(self) -> None:
        """Count the prompts in its queue again."""
        self._queue.changed()

    def interrupted(self, prompt_id: str) -> None:
        """Record that a running job was interrupted: the server is stuck until that job is gone."""
        self._queue.interrupted(prompt_id)

    def failed(self, prompt_id: str) -> None:
        """Record that a job failed by a fault of the server."""
        self._breaker.fail(prompt_id)

    def feed(self, prompt_id: str, graph: Graph, event: Event) -> None:
        """Update `loaded` and the circuit breaker from an event of a job."""
        match event:
            case Started():
                self.loaded = graph.workflow
            case Done():
                self._breaker.succeed()
            case Failed():
                self._breaker.fail(prompt_id)
            case Interrupted():
                self.queue_changed()  # it is not stuck any more, which no message says without a websocket
            case _:
                pass

    async def run(self) -> None:
        """Run the queue monitor and the circuit breaker, as a task."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run(), name="queue")
            tasks.create_task(self._breaker.run(), name="breaker")
