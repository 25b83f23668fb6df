"""`bot.py jobs`: the unfinished jobs of all guilds, and their cancellation."""

import re
from collections.abc import Mapping, Sequence

import storage
from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome
from cli.operate.times import iso
from cli.tables import format_table
from cogs.runtime.setting_values import shown

MAX_LISTED = 100_000
HEADER = ("job", "state", "person", "server", "model", "waits", "on")
JOB_ID = re.compile("[0-9a-f]{4}[0-9a-f-]{0,32}")


async def list_jobs(operation: Operation) -> Outcome:
    """The unfinished jobs: those on a GPU first, then in the order of the queue. Nobody's words."""
    limit = operation.arguments.limit
    if not 0 < limit <= MAX_LISTED:
        raise CommandFailed(f"--limit: write a whole number from 1 to {MAX_LISTED:,}", 2)
    store = operation.store
    jobs, load, pause = await store.unfinished(limit), await store.load(), await store.pause()
    facts = {"jobs": [_facts(job) for job in jobs], "queued": load.queued, "running": load.running}
    facts["paused"] = pause is not None
    if not jobs:
        return Outcome(words="No job waits, and none is made.", facts=facts)
    words = [format_table(HEADER, [_row(job, store.now()) for job in jobs])]
    words.append(f"{load.running} run, {load.queued} wait{'; the bot is paused' if pause else ''}")
    return Outcome(words="\n".join(words), facts=facts)


async def cancel(operation: Operation) -> Outcome:
    """Cancel a waiting job, or have the bot stop a running one."""
    store = operation.store
    job = await _find(store, operation.arguments.id)
    cancelled = await store.cancel(job.id, mover="operator", reason=storage.Reason(code="by_operator"))
    if cancelled is None:
        raise CommandFailed(f"{job.short} has ended already ({job.state}): nothing is changed", 2)
    if cancelled.state is storage.State.CANCELLED:
        words = f"{job.short} of {job.user_id} is cancelled."
    else:
        words = f"{job.short} of {job.user_id} is {job.state}: the bot stops it as soon as it runs."
    return Outcome(words=words, facts=_facts(cancelled))


async def _find(store: storage.Store, text: str) -> storage.Job:
    """The one job whose id begins so. Raises CommandFailed."""
    start = text.strip().lstrip("#").lower()
    found = await store.beginning_with(start) if JOB_ID.fullmatch(start) else ()
    if not found:
        raise CommandFailed(
            f"there is no job {shown(text)}: bot.py jobs list shows those that are unfinished", 2
        )
    if len(found) > 1:
        raise CommandFailed(
            f"{shown(text)} stands for several jobs: write more of {', '.join(job.id for job in found)}", 2
        )
    return found[0]


def _facts(job: storage.Job) -> Mapping[str, object]:
    return {
        "id": job.id,
        "state": job.state.value,
        "cancel_requested": job.cancel_requested,
        "person": str(job.user_id),
        "guild": str(job.guild_id),
        "channel": str(job.channel_id),
        "workflow": job.params.workflow,
        "asked": iso(job.created_at),
        "server": job.server,
    }


def _row(job: storage.Job, now: float) -> Sequence[str]:
    state = "stopping" if job.cancel_requested else job.state.value
    waits = f"{max(now - job.created_at, 0) / 60:.0f} min"
    return (
        *(job.short, state, str(job.user_id), str(job.guild_id)),
        *(job.params.workflow, waits, job.server or ""),
    )
