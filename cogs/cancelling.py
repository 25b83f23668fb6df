"""Cancelling: the one way in which people end a job, whatever they press, type or react with."""

from dataclasses import replace

from cogs.desk import Desk
from cogs.gate import Action, Gate, Person, Place
from cogs.refusal import Refusal
from storage import Job, Reason, State


def may(gate: Gate, person: Person, place: Place, action: Action, job: Job) -> Refusal | None:
    """The gate's word on one job. Who moderates here does not moderate the jobs of another guild."""
    if place.guild_id != job.guild_id:
        person = replace(person, moderates=False)
    return gate.may(person, place, action, owner=job.user_id)


async def cancel(desk: Desk, person: Person, place: Place, job: Job) -> Job:
    """End a job that waits, or have one that runs stopped; returns it as it stands now.

    Raises Refusal where the person may not or the job is over, StoreError.
    """
    refusal = may(desk.gate, person, place, Action.CANCEL, job)
    if refusal:
        raise refusal
    code = "by_person" if person.id == job.user_id else "by_moderator"
    cancelled = await desk.store.cancel(job.id, mover=f"person {person.id}", reason=Reason(code=code))
    if cancelled is None:
        raise Refusal("over")
    if cancelled.state is State.CANCELLED:
        desk.runner.tell_end(cancelled)
    desk.bell.ring()
    return cancelled
