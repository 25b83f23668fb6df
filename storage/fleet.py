"""The processes that work with one database: who lives, which servers each drives, who takes no new job."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.database import Database
from storage.job import Job, Row
from storage.servers import ServerRecord

BEAT_SECONDS = 10.0  # between two heartbeats of a process
ALIVE_SECONDS = 30.0  # after its last heartbeat a process counts as dead
ORPHANED_SECONDS = 60.0  # after the end of its lease a job is returned to the queue, if nobody adopts it
KEPT_SECONDS = 86400.0  # for so long `fleet` still tells of a dead process
ERASED_WITHIN = 30 * 86400.0  # seconds after which nobody waits any more for a server to be erased on


class ProcessRole(StrEnum):
    """What a process does: everything, what needs the gateway of Discord, or what needs ComfyUI."""

    ALL = "all"
    GATEWAY = "gateway"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A row of the table `worker`. Times are Unix seconds. `servers`: the names of those that it drives.

    `draining`: it finishes the jobs that it has and takes no new one. `alive`: its last heartbeat is recent.
    """

    id: str
    name: str
    role: ProcessRole
    version: str
    host: str
    started_at: float = 0.0
    seen_at: float = 0.0
    draining: bool = False
    servers: tuple[str, ...] = ()
    alive: bool = True


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

    `updated_at`: the Unix time of the state; `driven`: a process that drives it lives; `draining`: all that
    do take no new job.
    """

    state: ServerState
    record: ServerRecord | None
    updated_at: float
    driven: bool
    draining: bool


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
    holder: str | None = None

    async def join_fleet(self, worker: WorkerRecord) -> None:
        """Write the row of this process, which holds what it claims from now on.

        It takes no new job where one of its name was told to drain.
        """
        await self.database.fetch(  # without WHERE SQLite takes ON for that of a join
            """INSERT INTO worker (id, name, role, version, host, started_at, seen_at, draining)
            SELECT :worker, :name, :role, :version, :host, :now, :now,
                coalesce((SELECT max(draining) FROM worker WHERE name = :name), 0)
            WHERE true
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at""",
            {
                "worker": worker.id,
                "name": worker.name,
                "role": worker.role.value,
                "version": worker.version,
                "host": worker.host,
            },
        )
        for server in worker.servers:
            await self.database.fetch(
                "INSERT INTO worker_server (worker, server) VALUES (:worker, :server) ON CONFLICT DO NOTHING",
                {"worker": worker.id, "server": server},
            )
        self.holder = worker.id

    async def beat(self, worker: WorkerRecord) -> bool:
        """Say that this process lives, also where its row is gone; whether it is to take no new job.

        Rows of dead ones are removed: those of its name, and what is dead since KEPT_SECONDS.
        """
        row = await self.database.fetch_one(
            "UPDATE worker SET seen_at = :now WHERE id = :worker RETURNING draining", {"worker": worker.id}
        )
        if row is None:
            await self.join_fleet(worker)
        await self.database.fetch(
            """DELETE FROM worker WHERE seen_at <= :now - :kept
            OR (name = :name AND id <> :worker AND seen_at <= :now - :alive)""",
            {"kept": KEPT_SECONDS, "name": worker.name, "worker": worker.id, "alive": ALIVE_SECONDS},
        )
        return row is not None and bool(row["draining"])

    async def leave_fleet(self, worker: WorkerRecord) -> None:
        """Count this process as dead at once, so that others may go on with its jobs.

        A delivery keeps its lease: the message may just have been sent.
        """
        await self.database.fetch(
            "UPDATE worker SET seen_at = :now - :alive WHERE id = :worker",
            {"alive": ALIVE_SECONDS, "worker": worker.id},
        )
        await self.database.fetch(
            """UPDATE job SET lease_until = :now
            WHERE holder = :worker AND lease_until > :now AND state <> 'delivering'""",
            {"worker": worker.id},
        )

    async def workers(self) -> Sequence[WorkerRecord]:
        """The processes by name, also those that died in the last KEPT_SECONDS."""
        servers = await self.database.fetch("SELECT worker, server FROM worker_server ORDER BY server", {})
        rows = await self.database.fetch(
            """SELECT worker.*, CASE WHEN seen_at > :now - :alive THEN 1 ELSE 0 END AS alive
            FROM worker ORDER BY name, started_at, id""",
            {"alive": ALIVE_SECONDS},
        )
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

    async def jobs_on_servers(self) -> Sequence[Job]:
        """The jobs that servers have, at most one on each."""
        rows = await self.database.fetch(
            "SELECT * FROM job WHERE state IN ('claimed', 'submitting', 'running') ORDER BY seq", {}
        )
        return [Job.from_row(row) for row in rows]

    async def requeue_orphans(self, beside: Collection[str] = ()) -> Sequence[Job]:
        """Return jobs to the queue that nobody goes on with; returns them, some cancelled thereby.

        Their lease is over for ORPHANED_SECONDS, and no living process drives their server, nor is it one of
        those `beside`. A server that can run one adopts it before (see `Store.adopt`).
        """
        rows = await self.database.fetch(
            """SELECT id, server FROM job
            WHERE lease_until <= :now - :orphaned AND state <> 'delivering' AND NOT EXISTS (
                SELECT 1 FROM worker_server JOIN worker ON worker.id = worker_server.worker
                WHERE worker_server.server = job.server AND worker.seen_at > :now - :alive
            )
            ORDER BY id""",
            {"orphaned": ORPHANED_SECONDS, "alive": ALIVE_SECONDS},
        )
        found = [
            await self.database.fetch_one(
                """UPDATE job
                SET state = CASE WHEN cancel_requested = 1 THEN 'cancelled' ELSE 'queued' END,
                    finished_at = CASE WHEN cancel_requested = 1 THEN :now ELSE NULL END,
                    epoch = epoch + 1, lease_until = NULL, holder = NULL, moved_at = :now, mover = 'rules'
                WHERE id = :id AND lease_until <= :now - :orphaned AND state <> 'delivering'
                RETURNING *""",
                {"id": row["id"], "orphaned": ORPHANED_SECONDS},
            )
            for row in rows
            if row["server"] not in beside
        ]
        return [Job.from_row(row) for row in found if row]

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
            },
        )

    async def fleet_servers(self) -> Sequence[FleetServer]:
        """The servers of all processes that `workers` tells of, by name."""
        rows = await self.database.fetch(
            """SELECT server.*, driver.living, driver.draining FROM server JOIN (
                SELECT
                    server, sum(CASE WHEN seen_at > :now - :alive THEN 1 ELSE 0 END) AS living,
                    min(CASE WHEN seen_at > :now - :alive THEN draining ELSE 1 END) AS draining
                FROM worker_server JOIN worker ON worker.id = worker_server.worker GROUP BY server
            ) AS driver ON driver.server = server.name
            ORDER BY name""",
            {"alive": ALIVE_SECONDS},
        )
        return [_fleet_server(row) for row in rows]

    async def add_stale_upload(self, name: str, *, beside: Collection[str], job_server: str | None) -> None:
        """Have an upload overwritten on the servers of other processes, all but those `beside`.

        `job_server`: the server that had the job.
        """
        await self.database.fetch(
            "DELETE FROM stale_upload WHERE asked_at <= :now - :kept", {"kept": ERASED_WITHIN}
        )
        rows = await self.database.fetch("SELECT DISTINCT server FROM worker_server", {})
        for server in sorted({row["server"] for row in rows} - set(beside)):
            await self.database.fetch(
                """INSERT INTO stale_upload (server, name, was_there, asked_at)
                VALUES (:server, :name, :was_there, :now)
                ON CONFLICT (server, name) DO UPDATE SET
                    was_there = CASE WHEN excluded.was_there = 1 THEN 1 ELSE stale_upload.was_there END""",
                {"server": server, "name": name, "was_there": int(server == job_server)},
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
        role=ProcessRole(row["role"]),
        version=row["version"],
        host=row["host"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        draining=bool(row["draining"]),
        servers=servers,
        alive=bool(row["alive"]),
    )


def _fleet_server(row: Row) -> FleetServer:
    driven = bool(row["living"])
    state = ServerState(
        name=row["name"],
        reachable=driven and bool(row["reachable"]),
        live=bool(row["live"]),
        unavailable=row["unavailable"],
        others=row["others"],
    )
    record = ServerRecord.from_row(row) if row["seen_at"] else None
    return FleetServer(
        state=state,
        record=record,
        updated_at=row["updated_at"],
        driven=driven,
        draining=bool(row["draining"]),
    )
