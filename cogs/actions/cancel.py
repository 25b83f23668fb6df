"""Cancelling: the one way in which people end a job, whatever they press, type or react with."""

from cogs.access.policy import Action, Actor, Location
from cogs.access.rights import require_access
from cogs.actions.context import BotContext
from jobs.errors import Refusal
from storage import Job, Reason, State


async def cancel(context: BotContext, actor: Actor, place: Location, job: Job) -> Job:
    """End a job that waits, or have one that runs stopped; returns it as it stands now.

    Raises Refusal where the person may not or the job is over, StoreError.
    """
    require_access(context.policy, actor, place, Action.CANCEL, job)
    code = "by_person" if actor.id == job.user_id else "by_moderator"
    cancelled = await context.store.cancel(job.id, mover=f"person {actor.id}", reason=Reason(code=code))
    if cancelled is None:
        raise Refusal("over")
    if cancelled.state is State.CANCELLED:
        context.worker.announce_end(cancelled)
    context.notifier.notify()
    return cancelled
