"""Whose job is next: first come first served, round robin, and the store, for `benchmarks.fairness`."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

from benchmarks.queue import PARAMS
from storage import AdmissionRefused, Lease, Request, State, Store

BOOSTERS = 6  # the first of the people
SECONDS = {"wan": 180.0, "light": 60.0}


@dataclass(kw_only=True)
class SimulatedJob:
    """A person's job, and what became of it; times in seconds."""

    number: int
    person: int
    workflow: str
    at: float
    started: float = 0.0
    ended: float = 0.0

    @property
    def wait(self) -> float:
        """Minutes until its server began."""
        return (self.started - self.at) / 60


class Policy(Protocol):
    """Decides whose job is next."""

    async def add(self, simulated: SimulatedJob) -> None:
        """A person asks for a job."""
        ...

    async def take(self, server: str, loaded: str | None) -> SimulatedJob | None:
        """A server is free."""
        ...

    async def end(self, simulated: SimulatedJob, seconds: float) -> None:
        """A clip is there; it took so long."""
        ...


class FirstCome:
    """First come, first served."""

    def __init__(self) -> None:
        self._line = deque[SimulatedJob]()

    async def add(self, simulated: SimulatedJob) -> None:
        """To the end of the line."""
        self._line.append(simulated)

    async def take(self, server: str, loaded: str | None) -> SimulatedJob | None:
        """Its head."""
        return self._line.popleft() if self._line else None

    async def end(self, simulated: SimulatedJob, seconds: float) -> None:
        """Nothing is learnt."""


class RoundRobin:
    """One job of each person in turn."""

    def __init__(self) -> None:
        self._turns = dict[int, deque[SimulatedJob]]()

    async def add(self, simulated: SimulatedJob) -> None:
        """To the end of the person's own line."""
        self._turns.setdefault(simulated.person, deque()).append(simulated)

    async def take(self, server: str, loaded: str | None) -> SimulatedJob | None:
        """The first person's first; the person goes to the end."""
        for person, line in list(self._turns.items()):
            del self._turns[person]
            simulated = line.popleft()
            if line:
                self._turns[person] = line
            return simulated
        return None

    async def end(self, simulated: SimulatedJob, seconds: float) -> None:
        """Nothing is learnt."""


class Ours:
    """The store, with its limit on waiting jobs; who is refused asks again when one of theirs has begun."""

    def __init__(self, store: Store, *, affinity: bool) -> None:
        self._store = store
        self._affinity = affinity
        self._simulated_jobs = dict[str, SimulatedJob]()
        self._leases = dict[int, Lease]()
        self._refused = dict[int, deque[SimulatedJob]]()

    async def add(self, simulated: SimulatedJob) -> None:
        """Admit it, or let the person try later."""
        booster = simulated.person < BOOSTERS
        request = Request(
            key=str(simulated.number),
            user_id=simulated.person,
            guild_id=1,
            channel_id=1,
            locale="en-US",
            params=replace(PARAMS, workflow=simulated.workflow),
            picture="",
            weight=2.0 if booster else 1.0,
            head_start=300.0 if booster else 0.0,
        )
        try:
            job = (await self._store.admit(request)).job
        except AdmissionRefused:
            self._refused.setdefault(simulated.person, deque()).append(simulated)
            return
        await self._store.set_status_message(job.id, job.seq)
        self._simulated_jobs[job.id] = simulated

    async def take(self, server: str, loaded: str | None) -> SimulatedJob | None:
        """What the store gives."""
        lease = await self._store.claim(server, SECONDS, loaded=loaded if self._affinity else None)
        if lease is None:
            return None
        simulated = self._simulated_jobs[lease.job.id]
        self._leases[simulated.number] = lease
        if self._refused.get(simulated.person):
            await self.add(self._refused[simulated.person].popleft())
        return simulated

    async def end(self, simulated: SimulatedJob, seconds: float) -> None:
        """The job is done and has cost what it took."""
        lease = await self._store.move(self._leases.pop(simulated.number), State.DOWNLOADING, seconds=seconds)
        await self._store.move(lease, State.DONE, result_message=simulated.number)
