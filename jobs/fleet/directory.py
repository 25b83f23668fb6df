"""What is known of all GPU servers, whichever process drives them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import comfy
from jobs.routing import KnownServer, Workflows, describe_server, read_known_servers, recall_offer
from jobs.server import ComputeServer, refresh_all
from storage import FleetServer, Store


class ServerDirectory(Protocol):
    """All servers that jobs may run on: the own ones of one process, or those of all processes."""

    async def known(self) -> Sequence[KnownServer]:
        """What is known of each at the moment. Raises StoreError."""
        ...

    def own(self) -> Sequence[KnownServer]:
        """What those that this process drives say now, without asking the database what they said before."""
        ...

    async def refresh(self, *, seconds: float) -> None:
        """Ask those that this process drives again what they can run, for at most so long."""
        ...


class OwnServers:
    """The servers of one process.

    `away_since`: since when the one of that name is away; `is_draining`: whether the process takes no new
    job.
    """

    def __init__(
        self,
        store: Store,
        workflows: Workflows,
        servers: Sequence[ComputeServer],
        away_since: Callable[[str], float | None] = lambda name: None,
        is_draining: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._servers = servers
        self._away_since = away_since
        self._is_draining = is_draining

    async def known(self) -> Sequence[KnownServer]:
        """What each says now, else what it said last. Raises StoreError."""
        known = await read_known_servers(self._store, self._workflows, self._servers)
        return [self._completed(each) for each in known]

    def own(self) -> Sequence[KnownServer]:
        """What each says now."""
        return [self._completed(describe_server(self._workflows, each)) for each in self._servers]

    def _completed(self, server: KnownServer) -> KnownServer:
        """With what this process knows of it beside what it says."""
        drained = comfy.UnavailableReason.DRAINED if self._is_draining() else None
        return replace(
            server,
            away_since=self._away_since(server.name),
            unavailable=server.unavailable or drained,
        )

    async def refresh(self, *, seconds: float) -> None:
        """Ask all of them again what they can run, for at most so long."""
        await refresh_all(self._servers, seconds=seconds)


class FleetServers:
    """The servers of all processes: the `own` ones, of a gateway none, and the others by their rows."""

    def __init__(self, store: Store, workflows: Workflows, own: OwnServers) -> None:
        self._store = store
        self._workflows = workflows
        self._own = own

    async def known(self) -> Sequence[KnownServer]:
        """What the own ones say, and what the process of each other one wrote. Raises StoreError."""
        own = await self._own.known()
        names = {each.name for each in own}
        rows = await self._store.fleet_servers()
        return [*own, *(self._described(row) for row in rows if row.state.name not in names)]

    def own(self) -> Sequence[KnownServer]:
        """What the own ones say now."""
        return self._own.own()

    async def refresh(self, *, seconds: float) -> None:
        """Ask the own ones again what they can run; other processes ask theirs by themselves."""
        await self._own.refresh(seconds=seconds)

    def _described(self, row: FleetServer) -> KnownServer:
        """What the rows say; of a server whose process is dead: that it is away."""
        state, record = row.state, row.record
        return KnownServer(
            name=state.name,
            offer=recall_offer(self._workflows, record),
            live=state.reachable,
            unavailable=_unavailable(row),
            away_since=None if state.reachable else row.updated_at,
            others=state.others,
            lacks=frozenset(record.missing) if record else frozenset(),
            lacks_nodes=record.lacks_nodes if record else frozenset(),
        )


def _unavailable(row: FleetServer) -> comfy.UnavailableReason | None:
    """Why a server of another process takes no job. A reason of a later version counts as an absence."""
    if not row.driven:
        return comfy.UnavailableReason.UNREACHABLE
    if not row.state.unavailable:
        return comfy.UnavailableReason.DRAINED if row.draining else None
    known = (each for each in comfy.UnavailableReason if each.value == row.state.unavailable)
    return next(known, comfy.UnavailableReason.UNREACHABLE)
