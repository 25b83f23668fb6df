"""Whose wish is next: first come first served, round robin, and the store, for `benchmarks.fairness`."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

from benchmarks.queue import PARAMS
from storage import AdmissionRefused, Lease, Request, State, Store

BOOSTERS = 6  # the first of the people
SECONDS = {"wan": 180.0, "light": 60.0}


@dataclass(kw_only=True)
class Wish:
    """Somebody's wish, and what became of it; times in seconds."""

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
    """Decides whose wish is next."""

    async def add(self, wish: Wish) -> None:
        """Somebody wishes."""
        ...

    async def take(self, server: str, loaded: str | None) -> Wish | None:
        """A server is free."""
        ...

    async def end(self, wish: Wish, seconds: float) -> None:
        """A clip is there; it took so long."""
        ...


class FirstCome:
    """First come, first served."""

    def __init__(self) -> None:
        self._line = deque[Wish]()

    async def add(self, wish: Wish) -> None:
        """To the end of the line."""
        self._line.append(wish)

    async def take(self, server: str, loaded: str | None) -> Wish | None:
        """Its head."""
        return self._line.popleft() if self._line else None

    async def end(self, wish: Wish, seconds: float) -> None:
        """Nothing is learnt."""


class RoundRobin:
    """One wish of each person in turn."""

    def __init__(self) -> None:
        self._turns = dict[int, deque[Wish]]()

    async def add(self, wish: Wish) -> None:
        """To the end of the person's own line."""
        self._turns.setdefault(wish.person, deque()).append(wish)

    async def take(self, server: str, loaded: str | None) -> Wish | None:
        """The first person's first; the person goes to the end."""
        for person, line in list(self._turns.items()):
            del self._turns[person]
            wish = line.popleft()
            if line:
                self._turns[person] = line
            return wish
        return None

    async def end(self, wish: Wish, seconds: float) -> None:
        """Nothing is learnt."""


class Ours:
    """The store, with its limit on waiting jobs; who is refused wishes again when one of theirs has begun."""

    def __init__(self, store: Store, *, affinity: bool) -> None:
        self._store = store
        self._affinity = affinity
        self._wishes = dict[str, Wish]()
        self._leases = dict[int, Lease]()
        self._refused = dict[int, deque[Wish]]()

    async def add(self, wish: Wish) -> None:
        """Admit it, or let the person try later."""
        booster = wish.person < BOOSTERS
        request = Request(
            key=str(wish.number),
            user_id=wish.person,
            guild_id=1,
            channel_id=1,
            locale="en-US",
            params=replace(PARAMS, workflow=wish.workflow),
            picture="",
            weight=2.0 if booster else 1.0,
            head_start=300.0 if booster else 0.0,
        )
        try:
            job = (await self._store.admit(request)).job
        except AdmissionRefused:
            self._refused.setdefault(wish.person, deque()).append(wish)
            return
        await self._store.set_status_message(job.id, job.seq)
        self._wishes[job.id] = wish

    async def take(self, server: str, loaded: str | None) -> Wish | None:
        """What the store gives."""
        lease = await self._store.claim(server, SECONDS, loaded=loaded if self._affinity else None)
        if lease is None:
            return None
        wish = self._wishes[lease.job.id]
        self._leases[wish.number] = lease
        if self._refused.get(wish.person):
            await self.add(self._refused[wish.person].popleft())
        return wish

    async def end(self, wish: Wish, seconds: float) -> None:
        """The job is done and has cost what it took."""
        lease = await self._store.move(self._leases.pop(wish.number), State.DOWNLOADING, seconds=seconds)
        await self._store.move(lease, State.DONE, result_message=wish.number)
