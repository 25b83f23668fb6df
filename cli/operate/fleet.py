"""`bot.py fleet` and `bot.py drain`: the processes on this database, what each can run and does."""

from collections.abc import Mapping, Sequence

from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome
from cli.operate.times import iso
from cli.tables import format_table
from cogs.runtime.setting_values import shown
from storage import FleetServer, Job, WorkerRecord

HEADER = ("process", "role", "version", "since", "seen", "state", "server", "can run", "does")


async def fleet(operation: Operation) -> Outcome:
    """Who works with this database, since when, with which servers, and what these do."""
    store = operation.store
    workers, servers = await store.workers(), await store.fleet_servers()
    known = {each.state.name: each for each in servers}
    jobs = {job.server: job for job in await store.jobs_on_servers()}
    facts = {"processes": [_facts(each, known, jobs) for each in workers]}
    if not workers:
        return Outcome(words="No process has worked with this database in the last day.", facts=facts)
    return Outcome(words=format_table(HEADER, [_row(each, known, jobs) for each in workers]), facts=facts)


async def drain(operation: Operation) -> Outcome:
    """Have the processes of a name take no new job, or take them again."""
    name, draining = operation.arguments.name, not operation.arguments.undo
    found = await operation.store.drain(name, draining=draining)
    if not found:
        names = sorted({each.name for each in await operation.store.workers()})
        raise CommandFailed(
            f"there is no process {shown(name)}: bot.py fleet shows those that there are"
            + (f" ({', '.join(names)})" if names else ""),
            2,
        )
    words = (
        f"{name} takes no new job, and finishes those that it has."
        if draining
        else f"{name} takes jobs again."
    )
    return Outcome(words=words, facts={"name": name, "draining": draining, "processes": found})


def _state(worker: WorkerRecord) -> str:
    if not worker.alive:
        return "dead"
    return "draining" if worker.draining else "works"


def _row(
    worker: WorkerRecord, known: Mapping[str, FleetServer], jobs: Mapping[str | None, Job]
) -> Sequence[str | Sequence[str]]:
    return (
        worker.name,
        worker.role.value,
        worker.version,
        iso(worker.started_at) or "",
        iso(worker.seen_at) or "",
        _state(worker),
        list(worker.servers) or "",
        [_offer(known.get(each)) for each in worker.servers] or "",
        [_activity(known.get(each), jobs.get(each)) for each in worker.servers] or "",
    )


def _offer(server: FleetServer | None) -> str:
    """The workflows that a server said last that it can run."""
    return ", ".join(sorted(server.record.runnable)) if server and server.record else "not known yet"


def _activity(server: FleetServer | None, job: Job | None) -> str:
    if job:
        return f"{job.short} {job.state}"
    return (server.state.unavailable if server else "") or "waits"


def _facts(
    worker: WorkerRecord, known: Mapping[str, FleetServer], jobs: Mapping[str | None, Job]
) -> Mapping[str, object]:
    return {
        "id": worker.id,
        "name": worker.name,
        "role": worker.role.value,
        "version": worker.version,
        "host": worker.host,
        "started_at": iso(worker.started_at),
        "seen_at": iso(worker.seen_at),
        "alive": worker.alive,
        "draining": worker.draining,
        "servers": [_server_facts(each, known.get(each), jobs.get(each)) for each in worker.servers],
    }


def _server_facts(name: str, server: FleetServer | None, job: Job | None) -> Mapping[str, object]:
    return {
        "name": name,
        "reachable": bool(server and server.state.reachable),
        "unavailable": (server.state.unavailable or None) if server else None,
        "since": iso(server.updated_at) if server and server.updated_at else None,
        "workflows": sorted(server.record.runnable) if server and server.record else [],
        "job": job.id if job else None,
        "job_state": job.state.value if job else None,
    }
