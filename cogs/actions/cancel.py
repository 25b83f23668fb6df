"""Cancelling: the one way in which people end a job, whatever they press, type or react with."""

from cogs.access.policy import Action, Person, Place
from cogs.access.rights import allow
from cogs.actions.context import Desk
from jobs.errors import Refusal
from storage import Job, Reason, State


async def cancel(desk: Desk, person: Person, place: Place, job: Job) -> Job:
    """End a job that waits, or have one that runs stopped; returns it as it stands now.

    Raises Refusal where the person may not or the job is over, StoreError.
    """
    allow(desk.gate, person, place, Action.CANCEL, job)
    code = "by_person" if person.id == job.user_id else "by_moderator"
    cancelled = await desk.store.cancel(job.id, mover=f"person {person.id}", reason=Reason(code=code))
    if cancelled is None:
        raise Refusal("over")
    if cancelled.state is State.CANCELLED:
        desk.runner.tell_end(cancelled)
    desk.bell.ring()
    return cancelled
