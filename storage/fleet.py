"""The processes that work with one database: who lives, which servers each drives, who takes no new job."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.job import Row
from storage.servers import ServerRecord
from storage.sqlite.database import Database

BEAT_SECONDS = 10.0  # between two heartbeats of a process
ALIVE_SECONDS = 30.0  # after its last heartbeat a process counts as dead
KEPT_SECONDS = 86400.0  # for so long `fleet` still tells of a dead process
ERASED_WITHIN = 30 * 86400.0  # seconds after which nobody waits any more for a server to be erased on


class Role(StrEnum):
    """What a process does: everything, what needs the gateway of Discord, or what needs ComfyUI."""

    ALL = "all"
    GATEWAY = "gateway"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A row of the table `worker`. Times are Unix seconds. `servers`: the names of those that it drives.

    `draining`: it finishes the jobs that it has and takes no new one.
    """

    id: str
    name: str
    role: Role
    version: str
    host: str
    started_at: float = 0.0
    seen_at: float = 0.0
    draining: bool = False
    servers: tuple[str, ...] = ()

    def is_alive(self, now: float) -> bool:
        """Whether its last heartbeat is recent."""
        return self.seen_at > now - ALIVE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What a process says of a server that it drives. `unavailable`: why it takes no job, "" where it does.

    `live`: it tells of steps and previews; `others`: prompts in its queue that are not ours.
    """

    name: str
    reachable: bool
    live: bool
    unavailable: str
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetServer:
    """A server that some process drives: its state, and what it said last that it can run, if ever.

    `updated_at`: the Unix time of the state; `driven`: the process that wrote it lives.
    """

    state: ServerState
    record: ServerRecord | None
    updated_at: float
    driven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleUpload:
    """A file to be overwritten on a server; `was_there`: else it may have been sent ahead of its job."""

    server: str
    name: str
    was_there: bool


class Fleet:
    """The tables `worker`, `worker_server` and `stale_upload`, and the states of servers.

    `holder`: the id of this process's row, written into the jobs that it claims; None before it has one.
    """

    database: Database
    now: Callable[[], float]
    holder: str | None = None

    async def join_fleet(self, worker: WorkerRecord) -> None:
        """Write the row of this process, which holds what it claims from now on.

        It takes no new job where one of its name was told to drain.
        """
        now = self.now()
        await self.database.fetch(  # without WHERE SQLite takes ON for that of a join
            """INSERT INTO worker (id, name, role, version, host, started_at, seen_at, draining)
            SELECT :worker, :name, :role, :version, :host, :started_at, :now,
                coalesce((SELECT max(draining) FROM worker WHERE name = :name), 0)
            WHERE true
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at""",
            {
                "worker": worker.id,
                "name": worker.name,
                "role": worker.role,
                "version": worker.version,
                "host": worker.host,
                "started_at": worker.started_at or now,
                "now": now,
            },
        )
        for server in worker.servers:
            await self.database.fetch(
                "INSERT INTO worker_server (worker, server) VALUES (:worker, :server) ON CONFLICT DO NOTHING",
                {"worker": worker.id, "server": server},
            )
        self.holder = worker.id

    async def beat(self, worker: WorkerRecord) -> None:
        """Say that this process lives, also where its row is gone; and remove rows of dead ones.

        Those are the ones of its name, and what is dead since KEPT_SECONDS.
        """
        now = self.now()
        row = await self.database.fetch_one(
            "UPDATE worker SET seen_at = :now WHERE id = :worker RETURNING id",
            {"now": now, "worker": worker.id},
        )
        if row is None:
            await self.join_fleet(worker)
        await self.database.fetch(
            """DELETE FROM worker WHERE seen_at <= :long_ago
            OR (name = :name AND id <> :worker AND seen_at <= :dead_since)""",
            {
                "long_ago": now - KEPT_SECONDS,
                "name": worker.name,
                "worker": worker.id,
                "dead_since": now - ALIVE_SECONDS,
            },
        )

    async def leave_fleet(self, worker: WorkerRecord) -> None:
        """Count this process as dead at once, so that others may go on with its jobs.

        A delivery keeps its lease: the message may just have been sent.
        """
        now = self.now()
        await self.database.fetch(
            "UPDATE worker SET seen_at = :dead_since WHERE id = :worker",
            {"dead_since": now - ALIVE_SECONDS, "worker": worker.id},
        )
        await self.database.fetch(
            """UPDATE job SET lease_until = :now
            WHERE holder = :worker AND lease_until > :now AND state <> 'delivering'""",
            {"worker": worker.id, "now": now},
        )

    async def workers(self) -> Sequence[WorkerRecord]:
        """The processes by name, also those that died in the last KEPT_SECONDS."""
        servers = await self.database.fetch("SELECT worker, server FROM worker_server ORDER BY server", {})
        rows = await self.database.fetch("SELECT * FROM worker ORDER BY name, started_at, id", {})
        return [
            _worker(row, tuple(each["server"] for each in servers if each["worker"] == row["id"]))
            for row in rows
        ]

    async def drain(self, name: str, *, draining: bool) -> int:
        """Have the processes of that name take no new job, or take them again; returns how many there are.

        It holds over restarts of them.
        """
        rows = await self.database.fetch(
            "UPDATE worker SET draining = :draining WHERE name = :name RETURNING id",
            {"draining": int(draining), "name": name},
        )
        return len(rows)

    async def record_server_state(self, state: ServerState) -> None:
        """Store what this process says of a server that it drives."""
        await self.database.fetch(
            """INSERT INTO server (
                name, seen_at, runnable, choices, missing, reachable, live, unavailable, others, updated_at
            ) VALUES (:name, 0, '[]', '{}', '{}', :reachable, :live, :unavailable, :others, :now)
            ON CONFLICT (name) DO UPDATE SET
                reachable = excluded.reachable, live = excluded.live, unavailable = excluded.unavailable,
                others = excluded.others, updated_at = excluded.updated_at""",
            {
                "name": state.name,
                "reachable": int(state.reachable),
                "live": int(state.live),
                "unavailable": state.unavailable,
                "others": state.others,
                "now": self.now(),
            },
        )

    async def fleet_servers(self) -> Sequence[FleetServer]:
        """The servers of all processes that `workers` tells of, by name."""
        rows = await self.database.fetch(
            """SELECT server.*, driver.last FROM server JOIN (
                SELECT server, max(seen_at) AS last
                FROM worker_server JOIN worker ON worker.id = worker_server.worker GROUP BY server
            ) AS driver ON driver.server = server.name
            ORDER BY name""",
            {},
        )
        living = self.now() - ALIVE_SECONDS
        return [_fleet_server(row, driven=row["last"] > living) for row in rows]

    async def add_stale_upload(self, name: str, *, beside: Collection[str], job_server: str | None) -> None:
        """Have an upload overwritten on the servers of other processes, all but those `beside`.

        `job_server`: the server that had the job.
        """
        now = self.now()
        await self.database.fetch(
            "DELETE FROM stale_upload WHERE asked_at <= :long_ago", {"long_ago": now - ERASED_WITHIN}
        )
        rows = await self.database.fetch("SELECT DISTINCT server FROM worker_server", {})
        for server in sorted({row["server"] for row in rows} - set(beside)):
            await self.database.fetch(
                """INSERT INTO stale_upload (server, name, was_there, asked_at)
                VALUES (:server, :name, :was_there, :now)
                ON CONFLICT (server, name) DO UPDATE SET
                    was_there = CASE WHEN excluded.was_there = 1 THEN 1 ELSE stale_upload.was_there END""",
                {"server": server, "name": name, "was_there": int(server == job_server), "now": now},
            )

    async def stale_uploads(self, server: str) -> Sequence[StaleUpload]:
        """What is to be overwritten on that server."""
        rows = await self.database.fetch(
            "SELECT name, was_there FROM stale_upload WHERE server = :server ORDER BY name",
            {"server": server},
        )
        return [
            StaleUpload(server=server, name=row["name"], was_there=bool(row["was_there"])) for row in rows
        ]

    async def remove_stale_upload(self, upload: StaleUpload) -> None:
        """Forget an upload that was overwritten."""
        await self.database.fetch(
            "DELETE FROM stale_upload WHERE server = :server AND name = :name",
            {"server": upload.server, "name": upload.name},
        )


def _worker(row: Row, servers: tuple[str, ...]) -> WorkerRecord:
    return WorkerRecord(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        version=row["version"],
        host=row["host"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        draining=bool(row["draining"]),
        servers=servers,
    )


def _fleet_server(row: Row, *, driven: bool) -> FleetServer:
    state = ServerState(
        name=row["name"],
        reachable=driven and bool(row["reachable"]),
        live=bool(row["live"]),
        unavailable=row["unavailable"],
        others=row["others"],
    )
    record = ServerRecord.from_row(row) if row["seen_at"] else None
    return FleetServer(state=state, record=record, updated_at=row["updated_at"], driven=driven)
